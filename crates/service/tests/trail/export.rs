//! What an export proves, and what it notices.

use appkeep_domain::{
    Actor, ActorKind, AuditEntry, Clock as _, Ending, Issuer, Lifetime, Owner, PartnerId, SigningAlgorithm,
    User, Within,
};
use appkeep_keys::JwkSet;
use appkeep_service::{ExportError, Reason, Takeover, Trust, verify_export};
use appkeep_storage::{StorageError, Store, WrappedUserKey, WriteTx};
use appkeep_testkit::{TestDatabase, directory_of, on_each_database, user_of};
use serde_json::Value;

use crate::given::{Node, OURS, entry, verify};

on_each_database![
    an_export_proves_itself,
    what_was_signed_long_ago_still_verifies,
    an_export_may_be_of_one_owner,
    whatever_is_changed_in_the_file_is_noticed,
    a_file_signed_anew_is_noticed_by_the_key,
    an_earlier_export_is_the_beginning_of_a_later_one,
    what_was_changed_in_the_database_is_not_signed,
    what_is_personal_is_linked_as_it_is_sealed,
    what_was_erased_is_said_and_proves_itself_still,
];

/// Six entries of ours, the second and the fourth signed, and one of the
/// platform, which comes first.
async fn filled(store: Store) -> Node {
    let node = Node::start(store).await;
    node.write(Owner::Global, [1]).await;
    for pair in [[1, 2], [3, 4], [5, 6]] {
        node.write(OURS, pair).await;
        node.trail.seal().await.expect("seals");
        if pair != [5, 6] {
            node.trail.checkpoint(Lifetime::from_seconds(0)).await.expect("signs");
        }
    }
    node
}

async fn an_export_proves_itself(store: Store) {
    let node = filled(store).await;
    let (text, exported) = node.export(None).await;
    let (exported, verified) = (exported.expect("is whole"), verify(&text).expect("is proven"));
    let chains: Vec<_> = verified.chains.iter().map(|chain| (chain.owner.as_str(), chain.count)).collect();
    assert_eq!(chains, [("platform", 1), ("tnt_070W3GE1R70W3GE1R70W3GE1R7", 6)]);
    assert_eq!((verified.entries, verified.checkpoints, verified.unsealed), (7, 4, 0));
    assert_eq!((exported.chains, exported.entries), (2, 7));
    assert_eq!(verified.key_thumbprint, exported.key_thumbprint);
    let entry: Value = serde_json::from_str(text.lines().nth(1).expect("a line")).expect("JSON");
    assert_eq!(entry["entry"]["after"], "{\"name\":\"é\\n\"}");
}

/// The private half of its key was destroyed, and tokens of it are refused.
async fn what_was_signed_long_ago_still_verifies(store: Store) {
    let node = filled(store.clone()).await;
    let issuer = Issuer::Platform;
    let old = node.keyring.keys(issuer).await.expect("opens");
    let old = old.signer(SigningAlgorithm::Es256, node.clock.now()).expect("signs").id();
    node.keyring.rotate(issuer, SigningAlgorithm::Es256, Takeover::AtOnce).await.expect("rotates");
    node.clock.advance(Lifetime::from_days(300));
    assert_eq!(node.keyring.destroy_retired().await.expect("destroys"), 1);
    let held = node.keyring.reread(issuer).await.expect("opens");
    assert!(held.jwks(node.clock.now()).find(&old.to_string()).is_none(), "it is published");
    let left =
        store.read().await.expect("reads").signing_keys(Within::Platform, issuer).await.expect("reads");
    assert!(left.iter().all(|key| key.id != old), "its private half is there");

    let text = node.whole().await;
    let verified = verify(&text).expect("is proven");
    assert_eq!((verified.checkpoints, verified.checkpoints_unchecked), (5, 0));
    assert!(text.lines().next().is_some_and(|header| header.contains(&old.to_string())));
}

async fn an_export_may_be_of_one_owner(store: Store) {
    let node = filled(store).await;
    let (text, _) = node.export(Some(OURS)).await;
    assert_eq!(verify(&text).expect("is proven").entries, 6);
    let nobody = Owner::Partner(PartnerId::from_bytes([9; 16]));
    let (text, _) = node.export(Some(nobody)).await;
    assert_eq!(verify(&text).expect("is proven").chains, []);
}

/// Lines of the export: 0 the header; 1 to 3 the platform's entry, checkpoint
/// and head; then ours: 4, 5, checkpoint, 7, 8, checkpoint, 10, 11,
/// checkpoint, 13 the head; 14 the end.
async fn whatever_is_changed_in_the_file_is_noticed(store: Store) {
    let text = filled(store).await.whole().await;
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines.len(), 15);
    let owner = "tnt_070W3GE1R70W3GE1R70W3GE1R7".to_owned();
    let (first_head, last_head) = (lines[3], lines[13]);
    let edited = lines[7].replace("number.3", "number.9");
    let relinked = lines[7].replace("\"seq\":3", "\"seq\":3 ");
    let forged = lines[13].replace("{\"head\":\"ey", "{\"head\":\"eY");
    let ended = last_head.replace("head", "end");
    let cut = &lines[14][..lines[14].len() / 2];
    let cases: Vec<(&str, Vec<&str>, u64, Option<Reason>)> = vec![
        ("an entry removed", without(&lines, 7), 8, Some(Reason::Missing(3, owner.clone()))),
        ("the first removed", without(&lines, 4), 5, Some(Reason::Missing(1, owner.clone()))),
        ("the last removed", without(&lines, 11), 12, Some(Reason::Contradicted)),
        ("an entry edited", with(&lines, 7, &edited), 8, Some(Reason::Edited(3, owner.clone()))),
        ("two reordered", swapped(&lines, 7, 8), 8, Some(Reason::Missing(3, owner.clone()))),
        ("one twice", doubled(&lines, 7), 9, Some(Reason::Misplaced(3, owner.clone()))),
        ("cut after a head", lines[..14].to_vec(), 15, Some(Reason::Truncated)),
        ("cut after an entry", lines[..9].to_vec(), 10, Some(Reason::Truncated)),
        ("cut inside a line", with(&lines, 14, cut), 15, None),
        ("a head removed", without(&lines, 3), 4, Some(Reason::Interrupted(owner.clone()))),
        ("another head", with(&lines, 13, first_head), 14, Some(Reason::Contradicted)),
        ("a head moved up", moved(&lines, 13, 11), 12, Some(Reason::Contradicted)),
        ("a forged head", with(&lines, 13, &forged), 14, None),
        ("a checkpoint moved", moved(&lines, 6, 8), 9, Some(Reason::Contradicted)),
        ("a chain removed", [&lines[..1], &lines[4..]].concat(), 12, Some(Reason::Contradicted)),
        (
            "a chain twice",
            [&lines[..4], &lines[1..]].concat(),
            5,
            Some(Reason::Repeated("platform".to_owned())),
        ),
        ("a head as the end", with(&lines, 14, &ended), 15, Some(Reason::Signature)),
        ("nothing", Vec::new(), 1, Some(Reason::NoHeader)),
        ("no header", lines[1..].to_vec(), 1, Some(Reason::NoHeader)),
        ("something behind", [&lines[..], &lines[1..2]].concat(), 16, Some(Reason::AfterEnd)),
        ("an empty line", [&lines[..5], &[""], &lines[5..]].concat(), 6, None),
    ];
    for (what, changed, line, reason) in cases {
        let text: String = changed.iter().flat_map(|line| [line, "\n"]).collect();
        let unproven = verify(&text).expect_err(what);
        assert_eq!(unproven.line, line, "{what}: {unproven}");
        if let Some(reason) = reason {
            assert_eq!(unproven.reason, reason, "{what}");
        }
    }
    // A blank more is no other entry.
    verify(&with(&lines, 7, &relinked).iter().flat_map(|line| [line, "\n"]).collect::<String>())
        .expect("is the same");
    let half_a_line = text.trim_end();
    assert_eq!(verify(half_a_line).expect_err("cut").reason, Reason::Truncated);
}

fn without<'a>(lines: &[&'a str], line: usize) -> Vec<&'a str> {
    [&lines[..line], &lines[line + 1..]].concat()
}

fn with<'a>(lines: &[&'a str], line: usize, other: &'a str) -> Vec<&'a str> {
    [&lines[..line], &[other], &lines[line + 1..]].concat()
}

fn doubled<'a>(lines: &[&'a str], line: usize) -> Vec<&'a str> {
    [&lines[..=line], &lines[line..]].concat()
}

fn swapped<'a>(lines: &[&'a str], one: usize, other: usize) -> Vec<&'a str> {
    let mut lines = lines.to_vec();
    lines.swap(one, other);
    lines
}

fn moved<'a>(lines: &[&'a str], from: usize, to: usize) -> Vec<&'a str> {
    let mut lines = lines.to_vec();
    let line = lines.remove(from);
    lines.insert(to, line);
    lines
}

/// Whoever has no key of ours makes one, and signs with it what they like.
async fn a_file_signed_anew_is_noticed_by_the_key(database: TestDatabase) {
    let ours = filled(database.store()).await;
    let stranger = database.another().await;
    let forged = filled(stranger.store()).await.whole().await;
    let (text, exported) = ours.export(None).await;
    let thumbprint = exported.expect("is whole").key_thumbprint;
    let header: Value = serde_json::from_str(text.lines().next().expect("a line")).expect("JSON");
    let jwks = JwkSet::parse_published(&header["header"]["jwks"].to_string()).expect("keys");
    for trust in [Trust::Thumbprints(vec![thumbprint]), Trust::Keys(jwks)] {
        verify_export(text.as_bytes(), &trust, &[]).expect("ours");
        let unproven = verify_export(forged.as_bytes(), &trust, &[]).expect_err("theirs");
        assert_eq!(unproven.reason, Reason::UnknownKey, "{trust:?}");
    }
    verify(&forged).expect("is consistent");
}

async fn an_earlier_export_is_the_beginning_of_a_later_one(database: TestDatabase) {
    let node = filled(database.store()).await;
    let early = verify(&node.whole().await).expect("is proven").chains;
    node.write(OURS, [7]).await;
    let later = node.whole().await;
    let against = |text: &str, earlier| verify_export(text.as_bytes(), &Trust::Carried, earlier);
    against(&later, &early).expect("goes on");
    let late = verify(&later).expect("is proven").chains;
    let another = database.another().await;
    let other = Node::start(another.store()).await;
    other.write(OURS, [1, 2, 3, 4, 5, 9]).await;
    let rewritten = other.whole().await;
    let owner = late[1].owner.clone();
    for (earlier, reason) in [
        (&early[1..], Reason::Rewritten(6, owner.clone())),
        (&late[1..], Reason::Shortened(7, owner)),
        (&early[..1], Reason::Shortened(1, "platform".to_owned())),
    ] {
        assert_eq!(against(&rewritten, earlier).expect_err("was rewritten").reason, reason);
    }
}

async fn what_was_changed_in_the_database_is_not_signed(database: TestDatabase) {
    for (statement, seq) in [
        ("UPDATE audit_entries SET action = 'x' WHERE action = 'number.3'", 3),
        ("DELETE FROM audit_entries WHERE action = 'number.4'", 4),
        ("DELETE FROM audit_entries WHERE action = 'number.6'", 6),
        ("UPDATE audit_seals SET hash = (SELECT hash FROM audit_chains WHERE count = 1) WHERE seq = 2", 2),
        ("DELETE FROM audit_seals WHERE seq = 6", 6),
    ] {
        let database = database.another().await;
        let node = filled(database.store()).await;
        database.run(statement).await;
        let (text, exported) = node.export(Some(OURS)).await;
        let broken = exported.expect_err(statement);
        assert!(
            matches!(broken, ExportError::Broken { seq: found, .. } if found == seq),
            "{statement}: {broken}"
        );
        verify(&text).expect_err(statement);
    }
}

/// What is personal stands sealed in the entry, and is hashed as it stands: its
/// key may go, it may not.
async fn what_is_personal_is_linked_as_it_is_sealed(database: TestDatabase) {
    let node = Node::start(database.store()).await;
    let personal = AuditEntry { personal: Some(vec![1, 2, 3]), ..entry(OURS, 1) };
    node.write_entries(vec![personal]).await;
    let text = node.whole().await;
    verify(&text).expect("is proven");
    assert!(text.contains("\"personal\":\"AQID\""), "{text}");
    let erased = text.replace("\"AQID\"", "null");
    assert!(matches!(verify(&erased).expect_err("is noticed").reason, Reason::Edited(1, _)));
}

/// Somebody is deleted, and with them the key of what the history said.
async fn what_was_erased_is_said_and_proves_itself_still(database: TestDatabase) {
    let node = Node::start(database.store()).await;
    let now = node.clock.now();
    let directory = directory_of(OURS, now);
    let [ada, bob] = [1, 2].map(|number| user_of(&directory, number, &format!("{number}@example.com")));
    let key = |user: &User| WrappedUserKey {
        directory: user.directory,
        user: user.id,
        issuer: Issuer::Platform,
        data_key_version: 1,
        wrapped: vec![9; 60],
        created_at: now,
    };
    let (ours, people) = (directory.clone(), [(ada.clone(), key(&ada)), (bob.clone(), key(&bob))]);
    let write = async move |tx: &mut WriteTx| -> Result<(), StorageError> {
        tx.tenant_directory_or_insert(Within::Platform, &ours).await?;
        for (user, key) in &people {
            tx.insert_user(Within::Platform, &ours, user).await?;
            tx.insert_user_key(Within::Platform, &ours, key).await?;
        }
        Ok(())
    };
    node.store.write(write).await.expect("writes");
    let by = |number: u16, user: &User| AuditEntry {
        actor: Actor { kind: ActorKind::User, id: user.id.to_string() },
        personal: Some(vec![1, 2, 3]),
        address: None,
        ..entry(OURS, number)
    };
    node.write_entries(vec![by(1, &ada), by(2, &bob), entry(OURS, 3)]).await;
    let before = node.whole().await;
    assert!(!before.contains("erased"), "{before}");
    let delete = async move |tx: &mut WriteTx| -> Result<(), StorageError> {
        tx.delete_user(Within::Platform, &directory, ada.id, Ending::at(now)).await
    };
    node.store.write(delete).await.expect("deletes");
    let after = node.whole().await;
    verify(&after).expect("is proven still");
    let erased = |line: &str| line.contains("\"erased\":true");
    let entries: Vec<_> = after.lines().filter(|line| line.starts_with("{\"entry\"")).map(erased).collect();
    assert_eq!(entries, [true, false, false], "{after}");
    let earlier = verify(&before).expect("was proven").chains;
    let told = verify_export(after.as_bytes(), &Trust::Carried, &earlier);
    told.expect("what was exported before is its beginning");
}
