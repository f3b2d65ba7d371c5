-- How many audit entries tell of an application, in parts that are summed. With
-- one number in its own row, everybody who signed in to it at once was in
-- everybody's way.
CREATE TABLE audit_totals (
    application_id BYTEA    NOT NULL,
    part           SMALLINT NOT NULL,
    total          BIGINT   NOT NULL,
    CONSTRAINT "audit_totals.application_id, audit_totals.part" PRIMARY KEY (application_id, part)
);

INSERT INTO audit_totals (application_id, part, total)
SELECT id, 0, audit_total FROM applications WHERE audit_total > 0;

ALTER TABLE applications DROP COLUMN audit_total;
