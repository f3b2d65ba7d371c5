//! Applications that are registered: durable before the answer.

use std::path::Path;

use super::connection::{Head, JSON};
use super::footprint::Folder;
use super::machine::syncs_per_second;
use super::registry::Registry;
use super::server::Server;
use super::table::Row;
use super::wrk::{Load, Measured};
use super::{Bench, MEMORY, progress};
use crate::Failure;

const BODY: &str = r#"{"type":"m2m","name":"Measured number @ of all"}"#;

pub(super) fn measure(bench: &mut Bench) -> Result<(), Failure> {
    let before = syncs_per_second(bench.folder.path())?;
    let on_disk = bench.folder.path().join("creates");
    let [parallel, one] = rates(bench, &on_disk)?;
    let after = syncs_per_second(bench.folder.path())?;
    let raw = f64::midpoint(before, after);
    let mut rows = [
        Row::of("create, connections: 32", parallel).raw(raw),
        Row::of("create, connections: 1", one).raw(raw),
    ];
    if Path::new(MEMORY).is_dir() {
        let folder = Folder::make_in(Path::new(MEMORY))?;
        let ceilings = rates(bench, &folder.path().join("creates"))?;
        rows = rows_with(rows, ceilings.map(|ceiling| ceiling.per_second));
    }
    for row in rows {
        bench.table.add(row);
    }
    bench.table.remark(format!(
        "create: the ceiling is the same server on a file system in memory, where syncing costs nothing; raw \
         is how often the disk syncs four kilobytes, {before:.0} in a second before and {after:.0} after; 32 \
         connections do {:.1} times as many as one",
        parallel.per_second / one.per_second
    ));
    Ok(())
}

fn rows_with(rows: [Row; 2], [parallel, one]: [f64; 2]) -> [Row; 2] {
    let [first, second] = rows;
    [first.ceiling(parallel), second.ceiling(one)]
}

/// With 32 connections and with one, each on a registry of its own, so that
/// neither finds more rows than the other.
fn rates(bench: &Bench, folder: &Path) -> Result<[Measured; 2], Failure> {
    let rate = |connections: u32| {
        progress(&format!("{connections} at once in {}", folder.display()));
        let registry = bench.registry_at(folder.with_extension(connections.to_string()), 0)?;
        create(bench, &registry, connections)
    };
    Ok([rate(32)?, rate(1)?])
}

fn create(bench: &Bench, registry: &Registry, connections: u32) -> Result<Measured, Failure> {
    let server = Server::start(&bench.programs, &bench.machine, registry)?;
    let authorization = registry.admin_authorization(&mut server.connect()?)?;
    let head = Head {
        method: "POST",
        path: "/api/v1/applications",
        content_type: Some(JSON),
        authorization: Some(&authorization),
        cookie: None,
    };
    let bodies = Some(registry.bodies("applications", &[BODY.to_owned()])?);
    Load { head, bodies, connections, seconds: bench.options.seconds }.run(&bench.machine, &server)
}
