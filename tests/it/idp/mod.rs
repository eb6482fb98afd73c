//! A local identity provider: an https server with its own certificate, a real RSA key, tokens signed with it.

#![allow(dead_code)]

use std::net::TcpListener as StdListener;
use std::path::{Path, PathBuf};
use std::process::Output;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use aws_lc_rs::encoding::AsDer;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::{KeyPair, KeySize};
use aws_lc_rs::signature::{KeyPair as _, RSA_PKCS1_SHA256};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};

/// A signing key that exists only while the test runs.
pub struct SigningKey {
    pair: KeyPair,
    pub kid: String,
}

impl SigningKey {
    pub fn generate(kid: &str) -> Self {
        Self {
            pair: KeyPair::generate(KeySize::Rsa2048).unwrap(),
            kid: kid.to_owned(),
        }
    }

    pub fn jwk(&self) -> Value {
        let public = self.pair.public_key();
        let encode = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
        json!({
            "kty": "RSA", "use": "sig", "alg": "RS256", "kid": self.kid,
            "n": encode(public.modulus().big_endian_without_leading_zero()),
            "e": encode(public.exponent().big_endian_without_leading_zero()),
        })
    }

    pub fn sign(&self, claims: &Value) -> String {
        self.sign_with(
            &json!({"alg": "RS256", "typ": "JWT", "kid": self.kid}),
            claims,
        )
    }

    pub fn sign_with(&self, header: &Value, claims: &Value) -> String {
        let encode = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let message = format!("{}.{}", encode(header), encode(claims));
        let mut signature = vec![0; self.pair.public_modulus_len()];
        self.pair
            .sign(
                &RSA_PKCS1_SHA256,
                &SystemRandom::new(),
                message.as_bytes(),
                &mut signature,
            )
            .unwrap();
        format!("{message}.{}", URL_SAFE_NO_PAD.encode(signature))
    }

    /// The private key as PKCS#8 DER, for other libraries.
    pub fn pkcs8(&self) -> Vec<u8> {
        AsDer::<aws_lc_rs::encoding::Pkcs8V1Der<'_>>::as_der(&self.pair)
            .unwrap()
            .as_ref()
            .to_vec()
    }
}

type Handler = dyn Fn(&str) -> Reply + Send + Sync;

/// What the server does with a request.
pub enum Reply {
    Json(Value),
    Status(u16, String),
    Redirect(String),
    /// An answer without an end.
    Endless,
    /// No answer.
    Silence,
}

/// The server; it stops with the test's process.
pub struct Server {
    pub origin: String,
    pub certificate: PathBuf,
    pub requests: Arc<Mutex<Vec<String>>>,
    folder: tempfile::TempDir,
}

impl Server {
    /// Serves `handler`, which is given the server's origin first.
    pub fn start<H>(make: impl FnOnce(String) -> H) -> Self
    where
        H: Fn(&str) -> Reply + Send + Sync + 'static,
    {
        let listener = StdListener::bind("127.0.0.1:0").unwrap();
        let origin = format!(
            "https://localhost:{}",
            listener.local_addr().unwrap().port()
        );
        let handler: Arc<Handler> = Arc::new(make(origin.clone()));
        let issued = rcgen::generate_simple_self_signed(vec![
            "localhost".to_owned(),
            "127.0.0.1".to_owned(),
            "idp.corp.test".to_owned(),
        ])
        .unwrap();
        let folder = tempfile::tempdir().unwrap();
        let certificate = folder.path().join("ca.pem");
        std::fs::write(&certificate, issued.cert.pem()).unwrap();
        let chain: Vec<CertificateDer<'static>> = vec![issued.cert.der().clone()];
        let key = PrivateKeyDer::try_from(issued.signing_key.serialize_der()).unwrap();
        let provider = Arc::new(tokio_rustls::rustls::crypto::aws_lc_rs::default_provider());
        let config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(chain, key)
            .unwrap();
        let requests = Arc::new(Mutex::new(Vec::new()));
        let seen = Arc::clone(&requests);
        listener.set_nonblocking(true).unwrap();
        std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()
                .unwrap();
            runtime.block_on(serve(
                listener,
                TlsAcceptor::from(Arc::new(config)),
                handler,
                seen,
            ));
        });
        Self {
            origin,
            certificate,
            requests,
            folder,
        }
    }

    /// An identity provider with one key at every path: `ORIGIN/x/.well-known/openid-configuration` has the issuer `ORIGIN/x`.
    pub fn identity_provider(key: &SigningKey) -> Self {
        let jwks = json!({"keys": [key.jwk()]});
        Self::start(move |origin| {
            move |path: &str| match path.strip_suffix("/.well-known/openid-configuration") {
                Some(base) => Reply::Json(json!({
                    "issuer": format!("{origin}{base}"), "jwks_uri": format!("{origin}{base}/keys"),
                    "id_token_signing_alg_values_supported": ["RS256"],
                })),
                None if path.ends_with("/keys") => Reply::Json(jwks.clone()),
                None => Reply::Status(404, "not found".to_owned()),
            }
        })
    }

    /// The program, trusting this server.
    pub fn command(&self) -> assert_cmd::Command {
        let mut command = assert_cmd::Command::cargo_bin("agentcore-harden").unwrap();
        command
            .env("SSL_CERT_FILE", &self.certificate)
            .env_remove("SSL_CERT_DIR");
        for proxy in [
            "HTTPS_PROXY",
            "https_proxy",
            "ALL_PROXY",
            "all_proxy",
            "HTTP_PROXY",
            "http_proxy",
        ] {
            command.env_remove(proxy);
        }
        command
    }

    pub fn paths(&self) -> Vec<String> {
        self.requests.lock().unwrap().clone()
    }

    pub fn port(&self) -> u16 {
        self.origin.rsplit(':').next().unwrap().parse().unwrap()
    }
}

async fn serve(
    listener: StdListener,
    tls: TlsAcceptor,
    handler: Arc<Handler>,
    seen: Arc<Mutex<Vec<String>>>,
) {
    let listener = tokio::net::TcpListener::from_std(listener).unwrap();
    loop {
        let Ok((stream, _)) = listener.accept().await else {
            continue;
        };
        let (tls, handler, seen) = (tls.clone(), Arc::clone(&handler), Arc::clone(&seen));
        tokio::spawn(async move {
            let Ok(mut stream) = tls.accept(stream).await else {
                return;
            };
            let mut request = Vec::new();
            let mut buffer = [0; 4096];
            while !request.windows(4).any(|window| window == b"\r\n\r\n") {
                match stream.read(&mut buffer).await {
                    Ok(0) | Err(_) => return,
                    Ok(count) => request.extend_from_slice(&buffer[..count]),
                }
            }
            let text = String::from_utf8_lossy(&request).into_owned();
            let path = text.split(' ').nth(1).unwrap_or_default().to_owned();
            seen.lock().unwrap().push(path.clone());
            let (status, more, body) = match handler(&path) {
                Reply::Json(value) => (
                    200,
                    "content-type: application/json\r\n".to_owned(),
                    value.to_string(),
                ),
                Reply::Status(status, body) => (status, String::new(), body),
                Reply::Redirect(to) => (302, format!("location: {to}\r\n"), String::new()),
                Reply::Silence => return tokio::time::sleep(Duration::from_secs(60)).await,
                Reply::Endless => {
                    let _ = stream
                        .write_all(b"HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n")
                        .await;
                    while stream.write_all(&[b' '; 65536]).await.is_ok() {}
                    return;
                }
            };
            let head = format!(
                "HTTP/1.1 {status} X\r\n{more}content-length: {}\r\nconnection: close\r\n\r\n",
                body.len()
            );
            let _ = stream.write_all(head.as_bytes()).await;
            let _ = stream.write_all(body.as_bytes()).await;
            let _ = stream.shutdown().await;
        });
    }
}

/// A project with one runtime `Api`; `authorizer` is its `customJwtAuthorizer`, null for AWS_IAM.
pub fn project(authorizer: &Value) -> tempfile::TempDir {
    let mut runtime = json!({
        "name": "Api", "build": "CodeZip", "entrypoint": "main.py", "codeLocation": "app/Api/",
        "runtimeVersion": "PYTHON_3_14", "networkMode": "PUBLIC", "protocol": "HTTP"
    });
    if authorizer.is_object() {
        runtime["authorizerType"] = json!("CUSTOM_JWT");
        runtime["authorizerConfiguration"] = json!({"customJwtAuthorizer": authorizer});
    }
    let config = json!({"name": "Tokens", "version": 1, "managedBy": "CDK", "runtimes": [runtime]});
    write_project(&config)
}

pub fn write_project(config: &Value) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir_all(folder.path().join("agentcore")).unwrap();
    std::fs::write(
        folder.path().join("agentcore/agentcore.json"),
        serde_json::to_string_pretty(config).unwrap(),
    )
    .unwrap();
    folder
}

/// Runs the edits of a printed fix in the project's root, deploys left out.
pub fn apply(folder: &Path, fix: &Value) {
    for command in fix["commands"].as_array().unwrap() {
        let command = command.as_str().unwrap();
        if command.starts_with("agentcore deploy") {
            continue;
        }
        let output: Output = std::process::Command::new("sh")
            .arg("-c")
            .arg(command)
            .current_dir(folder)
            .output()
            .unwrap();
        assert!(
            output.status.success(),
            "{command}\n{}",
            String::from_utf8_lossy(&output.stderr)
        );
    }
}

pub fn now() -> i64 {
    jiff::Timestamp::now().as_second()
}

/// A proxy that tunnels every CONNECT to one port of this machine; it tells whom it was asked for.
pub fn proxy(port: u16) -> (String, Arc<Mutex<Vec<String>>>) {
    let listener = StdListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let asked = Arc::new(Mutex::new(Vec::new()));
    let seen = Arc::clone(&asked);
    listener.set_nonblocking(true).unwrap();
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap();
        runtime.block_on(async move {
            let listener = tokio::net::TcpListener::from_std(listener).unwrap();
            loop {
                let (mut client, _) = listener.accept().await.unwrap();
                let seen = Arc::clone(&seen);
                tokio::spawn(async move {
                    let mut request = vec![0; 4096];
                    let count = client.read(&mut request).await.unwrap_or(0);
                    let text = String::from_utf8_lossy(&request[..count]).into_owned();
                    seen.lock()
                        .unwrap()
                        .push(text.lines().next().unwrap_or_default().to_owned());
                    let mut server = tokio::net::TcpStream::connect(("127.0.0.1", port))
                        .await
                        .unwrap();
                    client.write_all(b"HTTP/1.1 200 OK\r\n\r\n").await.unwrap();
                    let _ = tokio::io::copy_bidirectional(&mut client, &mut server).await;
                });
            }
        });
    });
    (url, asked)
}
