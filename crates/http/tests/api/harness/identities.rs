//! Who somebody is elsewhere, where nobody is to be asked there.

use appkeep_domain::{
    ApplicationId, Clock as _, Email, Environment, Identity, Name, ProviderName, ProviderSubject, UserId,
    Within,
};
use appkeep_storage::WriteTx;

use super::TestApp;

impl TestApp {
    /// Ties a live user of an application to an account with a provider that it
    /// is connected with.
    pub(crate) async fn link_identity(
        &self,
        (application, user): (&str, &str),
        (provider, subject): (&str, &str),
    ) {
        let application = ApplicationId::parse(application).expect("an id");
        let user = UserId::parse(user).expect("an id");
        let provider = ProviderName::parse(provider).expect("a name");
        let subject = ProviderSubject::parse(subject).expect("a subject");
        let now = self.clock.now();
        let link = async move |tx: &mut WriteTx| {
            let within = Within::Platform;
            let application = tx.application(within, application).await?.expect("is there");
            let directory = tx.application_directory(within, &application, Environment::Live).await?;
            let directory = directory.expect("it has people of its own");
            let connection = tx.connection(within, &directory, &provider).await?.expect("is connected");
            let identity = Identity {
                connection: connection.id,
                directory: directory.id,
                user,
                provider: provider.clone(),
                subject: subject.clone(),
                email: Email::parse("ada@elsewhere.example").ok(),
                email_verified: true,
                name: Name::parse("Ada").ok(),
                created_at: now,
                last_used_at: now,
            };
            tx.insert_identity(within, &directory, &identity).await
        };
        self.store.write(link).await.expect("is linked");
    }
}
