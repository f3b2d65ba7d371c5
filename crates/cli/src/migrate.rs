//! `appkeep migrate`.

use appkeep_config::Mode;

use crate::failure::Failure;
use crate::setting_arguments::SettingArguments;
use crate::{database, logging, output};

pub(crate) async fn run(settings: SettingArguments) -> Result<(), Failure> {
    let config = settings.load(Mode::Command)?;
    logging::start(&config)?;
    database::make_directory(&config.data_dir)?;
    let store = database::open(&config)?;
    let count = store.migrate().await.map_err(database::failed)?;
    output::migrated(count);
    Ok(())
}
