//! What ends when a tenant goes over to another partner.

use appkeep_domain::{Application, ApplicationId, Owner, Partner, PartnerId, Session, Tenant, Within};
use appkeep_storage::{Store, WriteTx};
use appkeep_testkit::on_each_database;

use crate::given::{ENDING, OURS, assert_stale, at, directory};
use crate::signed_in::{billing, session, signed_in, write};
use crate::tenants::{partner, tenant};

on_each_database![what_is_with_partners_before_ends_a_few_at_a_time, a_directory_is_parted_by_those_above];

const BEFORE: PartnerId = PartnerId::from_bytes([31; 16]);
const NOW: PartnerId = PartnerId::from_bytes([32; 16]);

fn of(partner: PartnerId) -> Application {
    let [number, ..] = partner.as_bytes();
    Application { id: ApplicationId::from_bytes([number; 16]), owner: Owner::Partner(partner), ..billing() }
}

fn session_with(partner: PartnerId, number: u8) -> Session {
    let Application { id, owner, .. } = of(partner);
    Session { application: id, owner, ..session(number) }
}

async fn what_is_with_partners_before_ends_a_few_at_a_time(store: Store) {
    let (ours, _) = signed_in(&store).await;
    write(&store, async |tx| {
        tx.insert_partner(Within::Platform, &Partner { id: NOW, ..partner() }).await?;
        tx.insert_tenant(Within::Platform, &Tenant { partner: Some(NOW), ..tenant(7) }).await?;
        for partner in [BEFORE, NOW] {
            tx.insert_application(Within::Platform, &of(partner)).await?;
        }
        // One that is over is theirs as well.
        let over = Session { ended_at: Some(at(4)), ..session_with(BEFORE, 13) };
        let with = [session_with(BEFORE, 11), session_with(BEFORE, 12), over, session_with(NOW, 14)];
        for session in with.iter().chain([&session(15)]) {
            tx.insert_session(Within::Platform, session).await?;
        }
        Ok(())
    })
    .await
    .expect("inserts");
    let ends = async || write(&store, async |tx| tx.end_parting(Within::Platform, 2, ENDING).await).await;
    assert_eq!(ends().await.expect("ends"), None, "nobody parts");
    write(&store, async move |tx: &mut WriteTx| {
        tx.part(Within::Platform, &ours).await?;
        tx.part(Within::Tenant(OURS), &ours).await
    })
    .await
    .expect("is noted");
    for ended in [Some(2), Some(1), None] {
        assert_eq!(ends().await.expect("ends"), ended);
    }
    let mut tx = store.read().await.expect("opens");
    for (session, stays) in [
        (session_with(BEFORE, 11), false),
        (session_with(BEFORE, 12), false),
        (session_with(BEFORE, 13), false),
        (session_with(NOW, 14), true),
        (session(15), true),
    ] {
        let found = tx.session(Within::Platform, session.owner, session.application, session.id).await;
        assert_eq!(found.expect("reads").is_some(), stays, "{:?}", session.id);
        let revoked = tx.revocations_of(Within::Platform, session.id.as_bytes(), at(7)).await;
        assert_eq!(revoked.expect("reads").is_empty(), stays, "{:?}", session.id);
    }
}

async fn a_directory_is_parted_by_those_above(store: Store) {
    let ours = directory(OURS);
    let of_partner = async move |tx: &mut WriteTx| tx.part(Within::Partner(BEFORE), &ours).await;
    assert_stale(write(&store, of_partner).await);
    let within = async |tx: &mut WriteTx| tx.end_parting(Within::Tenant(OURS), 2, ENDING).await;
    assert_stale(write(&store, within).await);
}
