//! The least that a token endpoint does, as fast as hyper does it: read the
//! form, hash the secret, sign. `cargo xtask bench` measures the server by it.

use std::rc::Rc;

use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::{KeyPair as RsaKeyPair, KeySize};
use aws_lc_rs::signature::{self, EcdsaKeyPair, Ed25519KeyPair};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http_body_util::{BodyExt, Full};
use hyper::body::{Bytes, Incoming};
use hyper::{Request, Response, server::conn::http1, service::service_fn};
use hyper_util::rt::TokioIo;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const WHY: &str = "there is memory and randomness";
const HEADER: &str = r#"{"alg":"ES256","kid":"sig_01HZXAAAAAAAAAAAAAAAAAAAAA","typ":"at+jwt"}"#;

type Sign = Box<dyn Fn(&[u8]) -> Vec<u8>>;

#[tokio::main(flavor = "current_thread")]
#[expect(clippy::print_stdout, reason = "says where it listens")]
async fn main() {
    let sign = Rc::new(signer(&std::env::args().nth(1).unwrap_or_default()));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
    println!("listens on {}", listener.local_addr().expect("it is bound"));
    let accepting = async {
        loop {
            let (stream, _) = listener.accept().await.expect("a connection");
            let sign = Rc::clone(&sign);
            let service = service_fn(move |request| answer(request, Rc::clone(&sign)));
            tokio::task::spawn_local(http1::Builder::new().serve_connection(TokioIo::new(stream), service));
        }
    };
    tokio::task::LocalSet::new().run_until(accepting).await;
}

/// Without an algorithm the answer is as long, and nothing is signed.
fn signer(algorithm: &str) -> Sign {
    let random = SystemRandom::new();
    match algorithm {
        "ES256" => {
            let key = EcdsaKeyPair::generate(&signature::ECDSA_P256_SHA256_FIXED_SIGNING).expect(WHY);
            Box::new(move |message| key.sign(&random, message).expect(WHY).as_ref().to_vec())
        }
        "EdDSA" => {
            let key = Ed25519KeyPair::generate().expect(WHY);
            Box::new(move |message| key.sign(message).as_ref().to_vec())
        }
        "RS256" => {
            let key = RsaKeyPair::generate(KeySize::Rsa2048).expect(WHY);
            Box::new(move |message| {
                let mut made = vec![0; key.public_modulus_len()];
                key.sign(&signature::RSA_PKCS1_SHA256, &random, message, &mut made).expect(WHY);
                made
            })
        }
        _ => Box::new(|_| vec![0; 64]),
    }
}

async fn answer(request: Request<Incoming>, sign: Rc<Sign>) -> Result<Response<Full<Bytes>>, hyper::Error> {
    let body = request.into_body().collect().await?.to_bytes();
    let form: Vec<_> = form_urlencoded::parse(&body).collect();
    let field = |name| form.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_ref());
    let (id, secret) = (field("client_id").unwrap_or_default(), field("client_secret").unwrap_or_default());
    let hash = URL_SAFE_NO_PAD.encode(digest(&SHA256, secret.as_bytes()));
    let claims = format!(
        r#"{{"iss":"http://localhost:8080","sub":"{id}","aud":"http://localhost:8080/api/v1","exp":1800003600,"iat":1800000000,"jti":"{hash:.30}","client_id":"{id}","scope":"applications:read","tenant_id":"tnt_01HZXAAAAAAAAAAAAAAAAAAAAA"}}"#
    );
    let signed = format!("{}.{}", URL_SAFE_NO_PAD.encode(HEADER), URL_SAFE_NO_PAD.encode(claims));
    let made = URL_SAFE_NO_PAD.encode(sign(signed.as_bytes()));
    let json = format!(r#"{{"access_token":"{signed}.{made}","token_type":"Bearer","expires_in":3600}}"#);
    let answer = Response::builder().header("content-type", "application/json").header("pragma", "no-cache");
    Ok(answer.header("cache-control", "no-store").body(Full::new(json.into())).expect("sound headers"))
}
