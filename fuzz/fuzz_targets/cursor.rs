//! A cursor, as a list gave it out or as somebody made it up.

#![no_main]

use std::sync::{Arc, LazyLock};

use appkeep_domain::{Caller, RequestId, TenantId};
use appkeep_keys::SystemEntropy;
use appkeep_service::{
    ApplicationFields, ApplicationQuery, AuditQuery, By, ErrorCode, Mount, PageQuery, Registry, Surface,
};
use appkeep_testkit::{ManualClock, TestDatabase};
use libfuzzer_sys::fuzz_target;
use tokio::runtime::Runtime;

/// A registry with a few applications, and so with a few audit entries.
struct Given {
    runtime: Runtime,
    registry: Registry,
    tenant: TenantId,
    _database: TestDatabase,
}

static GIVEN: LazyLock<Given> = LazyLock::new(|| {
    let runtime = Runtime::new().expect("a runtime");
    let (registry, tenant, _database) = runtime.block_on(async {
        let database = TestDatabase::sqlite().await;
        let registry =
            Registry::new(database.store(), Arc::new(ManualClock::fixed()), Arc::new(SystemEntropy::new()));
        let tenant = registry.ensure_default_tenant().await.expect("a tenant").id;
        for name in ["one", "two", "three"] {
            let fields = ApplicationFields { name: Some(name.to_owned()), ..ApplicationFields::default() };
            registry.create_application(&by(tenant), "m2m", fields).await.expect("an application");
        }
        (registry, tenant, database)
    });
    Given { runtime, registry, tenant, _database }
});

fn by(tenant: TenantId) -> By {
    By {
        caller: Caller::System,
        tenant,
        request_id: RequestId::from_bytes([1; 16]),
        partner: None,
        mount: Mount::Root,
        address: None,
        surface: Surface::Native,
        attempt: None,
        key: None,
    }
}

fuzz_target!(|input: (&str, Option<i64>)| {
    let (cursor, limit) = input;
    let given = &*GIVEN;
    let page = PageQuery { cursor: Some(cursor.to_owned()), limit };
    given.runtime.block_on(async {
        let by = by(given.tenant);
        let applications = ApplicationQuery { page: page.clone(), ..ApplicationQuery::default() };
        let refused = match given.registry.applications(&by, applications).await {
            Ok(page) => {
                assert!(page.items.len() <= page.limit as usize);
                None
            }
            Err(error) => Some(error.code()),
        };
        let entries = AuditQuery { page, ..AuditQuery::default() };
        let also = given.registry.audit_entries(&by, entries).await.err().map(|error| error.code());
        for code in [refused, also].into_iter().flatten() {
            assert_eq!(code, ErrorCode::InvalidRequest, "a strange cursor is the caller's fault");
        }
    });
});
