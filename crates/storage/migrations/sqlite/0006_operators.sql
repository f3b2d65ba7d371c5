-- Whose pages may read our answers: an index of what applications say in their
-- OAuth facet.

CREATE TABLE origins (
    owner  BLOB NOT NULL,
    origin TEXT NOT NULL,
    id     BLOB NOT NULL,
    CONSTRAINT "origins.owner, origins.origin, origins.id" PRIMARY KEY (owner, origin, id)
) STRICT;

CREATE INDEX origins_by_id ON origins (owner, id);

INSERT INTO origins (owner, origin, id)
SELECT DISTINCT a.owner, o.value, a.id FROM applications a, json_each(a.oauth, '$.allowed_origins') o
WHERE a.oauth IS NOT NULL;

-- By what people know a tenant.
ALTER TABLE tenants ADD COLUMN logo_url TEXT;
ALTER TABLE tenants ADD COLUMN colour TEXT;

-- Operators are users of the platform's directory who hold a role.
DROP TABLE roles;
DROP TABLE operators;

CREATE TABLE roles (
    user_id  BLOB NOT NULL,
    -- 0 the platform, 1 a partner, 2 a tenant, as for owners; and which.
    level    INTEGER NOT NULL,
    level_id BLOB NOT NULL,
    role     TEXT NOT NULL,
    CONSTRAINT "roles.user_id, roles.level, roles.level_id, roles.role" PRIMARY KEY (user_id, level, level_id, role)
) STRICT;

-- The application that operators sign in to.
CREATE TABLE console_applications (
    tenant_id      BLOB NOT NULL,
    application_id BLOB NOT NULL,
    CONSTRAINT "console_applications.tenant_id" PRIMARY KEY (tenant_id)
) STRICT;
