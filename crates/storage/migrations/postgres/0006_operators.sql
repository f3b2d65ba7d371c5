-- Whose pages may read our answers: an index of what applications say in their
-- OAuth facet.

CREATE TABLE origins (
    owner  BYTEA NOT NULL,
    origin TEXT COLLATE "C" NOT NULL,
    id     BYTEA NOT NULL,
    CONSTRAINT "origins.owner, origins.origin, origins.id" PRIMARY KEY (owner, origin, id)
);

CREATE INDEX origins_by_id ON origins (owner, id);

INSERT INTO origins (owner, origin, id)
SELECT DISTINCT a.owner, o.value, a.id
FROM applications a, jsonb_array_elements_text(a.oauth::jsonb -> 'allowed_origins') o
WHERE a.oauth IS NOT NULL;

-- By what people know a tenant.
ALTER TABLE tenants ADD COLUMN logo_url TEXT COLLATE "C";
ALTER TABLE tenants ADD COLUMN colour TEXT COLLATE "C";

-- Operators are users of the platform's directory who hold a role.
DROP TABLE roles;
DROP TABLE operators;

CREATE TABLE roles (
    user_id  BYTEA NOT NULL,
    -- 0 the platform, 1 a partner, 2 a tenant, as for owners; and which.
    level    SMALLINT NOT NULL,
    level_id BYTEA NOT NULL,
    role     TEXT COLLATE "C" NOT NULL,
    CONSTRAINT "roles.user_id, roles.level, roles.level_id, roles.role" PRIMARY KEY (user_id, level, level_id, role)
);

-- The application that operators sign in to.
CREATE TABLE console_applications (
    tenant_id      BYTEA NOT NULL,
    application_id BYTEA NOT NULL,
    CONSTRAINT "console_applications.tenant_id" PRIMARY KEY (tenant_id)
);
