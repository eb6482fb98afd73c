//! `token` as a user runs it: tokens of six identity providers, signed with a real key, against a local https server.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use crate::idp::{Reply, Server, SigningKey, apply, now, project, write_project};
use serde_json::{Value, json};

/// Claims as the identity provider shapes them, for `issuer`.
fn shape(kind: &str, issuer: &str) -> Value {
    let (iat, exp) = (now() - 60, now() + 3600);
    let client = "7h1s1sacl1ent1d";
    let tenant = "11111111-2222-3333-4444-555555555555";
    let mut claims = match kind {
        "cognito-access" => {
            json!({"sub": "u-1", "client_id": client, "token_use": "access", "scope": "agents/invoke openid", "version": 2, "username": "ana", "cognito:groups": ["admins", "staff"]})
        }
        "cognito-id" => {
            json!({"sub": "u-1", "aud": client, "token_use": "id", "at_hash": "abc", "email": "ana@corp.test", "cognito:username": "ana"})
        }
        "cognito-m2m" => {
            json!({"sub": client, "client_id": client, "token_use": "access", "scope": "agents/invoke", "version": 2})
        }
        "auth0" => {
            json!({"sub": "auth0|1", "aud": ["https://agents.corp.test", format!("{issuer}userinfo")], "azp": client, "scope": "openid profile invoke:agent", "gty": "password"})
        }
        "okta" => {
            json!({"ver": 1, "aud": "api://agents", "cid": client, "uid": "00u1", "scp": ["agents.invoke", "openid"], "sub": "ana@corp.test"})
        }
        "entra-v1" => {
            json!({"aud": "api://agents", "appid": client, "idtyp": "app", "tid": tenant, "ver": "1.0", "roles": ["Agents.Invoke"]})
        }
        "entra-v2" => {
            json!({"aud": "0d1f0000-1111-2222-3333-444455556666", "azp": client, "azpacr": "1", "tid": tenant, "ver": "2.0", "scp": "Agents.Invoke", "sub": "s"})
        }
        "keycloak" => {
            json!({"aud": "account", "azp": "agents-ui", "typ": "Bearer", "scope": "email profile", "realm_access": {"roles": ["user"]}, "sid": "x"})
        }
        "pingfederate" => {
            json!({"client_id": "agents-ui", "aud": "agents", "scope": ["agents:invoke"], "sub": "ana"})
        }
        other => panic!("{other}"),
    };
    for (name, value) in [
        ("iss", json!(issuer)),
        ("iat", json!(iat)),
        ("exp", json!(exp)),
    ] {
        claims[name] = value;
    }
    claims
}

struct World {
    key: SigningKey,
    server: Server,
}

impl World {
    fn new() -> Self {
        let key = SigningKey::generate("key-1");
        let server = Server::identity_provider(&key);
        Self { key, server }
    }

    fn issuer(&self, realm: &str) -> String {
        format!("{}/{realm}", self.server.origin)
    }

    fn discovery(&self, realm: &str) -> String {
        format!("{}/.well-known/openid-configuration", self.issuer(realm))
    }

    /// Exit status and JSON of `token`.
    fn ask(&self, token: &str, folder: &std::path::Path, more: &[&str]) -> (i32, Value) {
        ask(&self.server, token, folder, more)
    }
}

fn ask(server: &Server, token: &str, folder: &std::path::Path, more: &[&str]) -> (i32, Value) {
    let output = server
        .command()
        .args(["token", "-"])
        .arg(folder)
        .args(["--json", "--allow-private-issuer"])
        .args(more)
        .write_stdin(token)
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    let page = serde_json::from_str(&text).unwrap_or_else(|error| {
        panic!(
            "{error}\n{text}\n{}",
            String::from_utf8_lossy(&output.stderr)
        )
    });
    (output.status.code().unwrap(), page)
}

fn list<'a>(page: &'a Value, name: &str) -> Option<&'a Value> {
    let lists = page["recommendation"]["lists"].as_array().unwrap();
    lists
        .iter()
        .find(|list| list["list"] == name)
        .map(|list| &list["value"])
}

fn statuses(page: &Value) -> Vec<(String, String)> {
    let steps = page["steps"].as_array().unwrap();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    steps
        .iter()
        .map(|step| (text(&step["id"]), text(&step["status"])))
        .collect()
}

#[test]
fn every_recommended_list_lets_its_token_in_and_no_other_is_recommended() {
    let world = World::new();
    let kinds = [
        (
            "cognito-access",
            vec!["allowedClients", "allowedScopes", "customClaims"],
        ),
        ("cognito-id", vec!["allowedAudience"]),
        ("cognito-m2m", vec!["allowedClients", "allowedScopes"]),
        (
            "auth0",
            vec!["allowedAudience", "allowedScopes", "customClaims"],
        ),
        ("okta", vec!["allowedAudience", "customClaims"]),
        ("entra-v1", vec!["allowedAudience", "customClaims"]),
        ("entra-v2", vec!["allowedAudience", "customClaims"]),
        (
            "keycloak",
            vec!["allowedAudience", "allowedScopes", "customClaims"],
        ),
        (
            "pingfederate",
            vec!["allowedAudience", "allowedClients", "allowedScopes"],
        ),
    ];
    for (kind, expected) in kinds {
        let token = world.key.sign(&shape(kind, &world.issuer(kind)));
        let empty =
            project(&json!({"discoveryUrl": world.discovery(kind), "allowedAudience": ["x"]}));
        let (_, page) = world.ask(&token, empty.path(), &["--offline"]);
        let names: Vec<&str> = page["recommendation"]["lists"]
            .as_array()
            .unwrap()
            .iter()
            .map(|list| list["list"].as_str().unwrap())
            .collect();
        assert_eq!(names, expected, "{kind}");
        let mut authorizer = json!({"discoveryUrl": world.discovery(kind)});
        for name in names {
            authorizer[name] = list(&page, name).unwrap().clone();
        }
        let (exit, page) = world.ask(&token, project(&authorizer).path(), &["--verify"]);
        assert_eq!(
            (exit, &page["verdict"]),
            (0, &json!("accepted")),
            "{kind}: {page:#}"
        );
        assert!(
            statuses(&page).contains(&("signature".to_owned(), "ok".to_owned())),
            "{kind}"
        );
    }
}

#[test]
fn printed_commands_turn_a_refusal_into_acceptance() {
    let world = World::new();
    let url = |kind: &str| world.discovery(kind);
    let cases = [
        ("cognito-access", json!(null), "method"),
        (
            "cognito-access",
            json!({"discoveryUrl": url("cognito-access"), "allowedAudience": ["agents"]}),
            "audience",
        ),
        (
            "cognito-id",
            json!({"discoveryUrl": url("cognito-id"), "allowedClients": ["7h1s1sacl1ent1d"]}),
            "clients",
        ),
        (
            "auth0",
            json!({"discoveryUrl": url("auth0"), "allowedAudience": ["https://other"]}),
            "audience",
        ),
        (
            "okta",
            json!({"discoveryUrl": url("okta"), "allowedClients": ["7h1s1sacl1ent1d"]}),
            "clients",
        ),
        (
            "entra-v2",
            json!({"discoveryUrl": url("common"), "allowedAudience": ["0d1f0000-1111-2222-3333-444455556666"]}),
            "issuer",
        ),
        (
            "keycloak",
            json!({"discoveryUrl": url("keycloak"), "allowedScopes": ["agents:invoke"]}),
            "scopes",
        ),
        (
            "pingfederate",
            json!({"discoveryUrl": url("pingfederate"), "allowedAudience": ["agents"], "allowedClients": ["other"]}),
            "clients",
        ),
        (
            "entra-v1",
            json!({"discoveryUrl": url("entra-v1"), "customClaims": [{"inboundTokenClaimName": "department", "inboundTokenClaimValueType": "STRING",
            "authorizingClaimMatchValue": {"claimMatchOperator": "EQUALS", "claimMatchValue": {"matchValueString": "it"}}}]}),
            "custom-claims",
        ),
    ];
    for (kind, authorizer, refused) in cases {
        let folder = project(&authorizer);
        let token = world.key.sign(&shape(kind, &world.issuer(kind)));
        let (exit, page) = world.ask(&token, folder.path(), &[]);
        assert_eq!(
            (exit, &page["verdict"]),
            (1, &json!("not-accepted")),
            "{kind} {refused}"
        );
        let step = page["steps"]
            .as_array()
            .unwrap()
            .iter()
            .find(|step| step["id"] == refused)
            .unwrap();
        assert_eq!(step["status"], "refused", "{kind} {refused}: {page:#}");
        assert_eq!(step["path"], "agentcore/agentcore.json");
        assert!(step["line"].as_u64().unwrap() > 1);
        apply(folder.path(), &page["fixes"][0]);
        let (exit, page) = world.ask(&token, folder.path(), &[]);
        assert_eq!(exit, 0, "{kind} {refused} after its fix: {page:#}");
    }
}

#[test]
fn an_entra_version_1_token_against_the_version_2_document_names_the_trap() {
    let world = World::new();
    let folder = project(
        &json!({"discoveryUrl": world.discovery("tenant/v2.0"), "allowedAudience": ["api://agents"]}),
    );
    let issuer = "https://sts.windows.net/11111111-2222-3333-4444-555555555555/";
    let token = world.key.sign(&shape("entra-v1", issuer));
    let (exit, page) = world.ask(&token, folder.path(), &[]);
    assert_eq!(exit, 1);
    assert!(
        page["steps"][1]["advice"][0]
            .as_str()
            .unwrap()
            .contains("requestedAccessTokenVersion"),
        "{page:#}"
    );
    let command = page["fixes"][0]["commands"][0].as_str().unwrap();
    assert!(command.contains("https://sts.windows.net/11111111-2222-3333-4444-555555555555/.well-known/openid-configuration"), "{command}");
}

#[test]
fn times_algorithms_and_keys_decide() {
    let world = World::new();
    let folder =
        project(&json!({"discoveryUrl": world.discovery("k"), "allowedAudience": ["agents"]}));
    let with = |change: &dyn Fn(&mut Value)| {
        let mut claims = shape("pingfederate", &world.issuer("k"));
        change(&mut claims);
        claims
    };
    let step = |token: &str, id: &str, more: &[&str]| {
        let (exit, page) = world.ask(token, folder.path(), more);
        let status = statuses(&page)
            .into_iter()
            .find(|(name, _)| name == id)
            .unwrap()
            .1;
        (exit, status)
    };
    let sign = |claims: &Value| world.key.sign(claims);
    let refused = (1, "refused".to_owned());
    assert_eq!(
        step(
            &sign(&with(&|c| c["exp"] = json!(now() - 600))),
            "expiry",
            &[]
        ),
        refused
    );
    assert_eq!(
        step(
            &sign(&with(&|c| c["exp"] = json!(now() - 20))),
            "expiry",
            &[]
        ),
        (2, "unknown".to_owned())
    );
    assert_eq!(
        step(
            &sign(&with(&|c| c["exp"] = json!(now() + 20))),
            "expiry",
            &["--offline"]
        ),
        (2, "unknown".to_owned())
    );
    let unsigned = sign(&with(&|_| {}));
    let unsigned = unsigned.rsplit_once('.').unwrap().0.to_owned() + ".";
    assert_eq!(step(&unsigned, "signature", &["--offline"]), refused);
    assert_eq!(
        step(
            &sign(&with(&|c| c["nbf"] = json!(now() + 600))),
            "expiry",
            &[]
        ),
        refused
    );
    assert_eq!(
        step(&sign(&with(&|c| c["exp"] = json!("soon"))), "expiry", &[]),
        refused
    );
    assert_eq!(
        step(
            &sign(&with(&|c| c["exp"] = json!((now() + 600) * 1000))),
            "expiry",
            &[]
        ),
        refused
    );
    assert_eq!(
        step(
            &sign(&with(&|c| {
                c.as_object_mut().unwrap().remove("exp");
            })),
            "expiry",
            &[]
        ),
        (2, "unknown".to_owned())
    );
    assert_eq!(
        step(
            &sign(&with(&|c| {
                c.as_object_mut().unwrap().remove("iss");
            })),
            "issuer",
            &[]
        ),
        refused
    );
    let claims = with(&|_| {});
    for (alg, expected) in [("none", &refused), ("HS256", &refused), ("XX", &refused)] {
        let token = world
            .key
            .sign_with(&json!({"alg": alg, "kid": "key-1"}), &claims);
        assert_eq!(&step(&token, "algorithm", &[]), expected);
    }
    let token = world
        .key
        .sign_with(&json!({"alg": "ES384", "kid": "key-1"}), &claims);
    // The algorithm alone is a note; that the key did not make the signature refuses the token.
    assert_eq!(step(&token, "algorithm", &[]), (1, "note".to_owned()));
    let stranger = SigningKey::generate("key-2");
    assert_eq!(step(&stranger.sign(&claims), "jwks", &[]), refused);
    let forged = stranger.sign_with(&json!({"alg": "RS256", "kid": "key-1"}), &claims);
    assert_eq!(step(&forged, "jwks", &[]), (1, "ok".to_owned()));
    // The keys were read, so that the signature is verified without being asked for.
    assert_eq!(step(&forged, "signature", &[]), refused);
    assert_eq!(step(&forged, "signature", &["--verify"]), refused);
    let other =
        project(&json!({"discoveryUrl": world.discovery("k"), "allowedAudience": ["else"]}));
    let (_, page) = world.ask(&forged, other.path(), &["--verify"]);
    assert_eq!(
        page["fixes"],
        json!([]),
        "nothing is widened for a forged token"
    );
}

#[test]
fn harnesses_and_gateways_are_asked_by_name() {
    let world = World::new();
    let url = world.discovery("k");
    let config = json!({
        "name": "Tokens", "version": 1,
        "runtimes": [{"name": "Iam"}, {"name": "Jwt", "authorizerType": "CUSTOM_JWT", "authorizerConfiguration": {"customJwtAuthorizer": {"discoveryUrl": url, "allowedAudience": ["agents"]}}}],
        "harnesses": [{"name": "H", "path": "harness/H"}],
        "agentCoreGateways": [{"name": "open", "targets": []}, {"name": "gw", "authorizerType": "CUSTOM_JWT", "authorizerConfiguration": {"customJwtAuthorizer": {"discoveryUrl": url, "allowedClients": ["x"]}}}]
    });
    let folder = write_project(&config);
    std::fs::create_dir_all(folder.path().join("harness/H")).unwrap();
    let harness = json!({"name": "H", "authorizerType": "CUSTOM_JWT", "authorizerConfiguration": {"customJwtAuthorizer": {"discoveryUrl": url, "allowedAudience": ["other"]}}});
    std::fs::write(
        folder.path().join("harness/H/harness.json"),
        harness.to_string(),
    )
    .unwrap();
    let token = world.key.sign(&shape("pingfederate", &world.issuer("k")));
    assert_eq!(world.ask(&token, folder.path(), &["--runtime", "Jwt"]).0, 0);
    assert_eq!(world.ask(&token, folder.path(), &["--runtime", "Iam"]).0, 1);
    assert_eq!(
        world.ask(&token, folder.path(), &["--gateway", "open"]).0,
        0
    );
    for (flag, name) in [("--runtime", "H"), ("--gateway", "gw")] {
        let (exit, page) = world.ask(&token, folder.path(), &[flag, name]);
        assert_eq!(exit, 1, "{page:#}");
        apply(folder.path(), &page["fixes"][0]);
        assert_eq!(
            world.ask(&token, folder.path(), &[flag, name]).0,
            0,
            "{name} after its fix"
        );
    }
    let output = world
        .server
        .command()
        .args(["token", "-"])
        .arg(folder.path())
        .write_stdin(token.as_str())
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&output.stderr).contains("--gateway open"));
}

#[test]
fn the_fetch_is_bounded_and_goes_nowhere_else() {
    let key = SigningKey::generate("key-1");
    let jwks = json!({"keys": [key.jwk()]});
    let server = Server::start(move |origin| {
        move |path: &str| {
            let (case, rest) = path[1..].split_once('/').unwrap();
            let document =
                |uri: String| json!({"issuer": format!("{origin}/{case}"), "jwks_uri": uri});
            match (case, rest) {
                (_, "keys") => Reply::Json(jwks.clone()),
                ("away", _) => Reply::Redirect("https://127.0.0.1:1/x".to_owned()),
                ("plain", _) => Reply::Redirect("http://localhost/x".to_owned()),
                ("loop", _) => Reply::Redirect(path.to_owned()),
                ("same", "there") => Reply::Json(document(format!("{origin}/same/keys"))),
                ("same", _) => Reply::Redirect("/same/there".to_owned()),
                ("endless", _) => Reply::Endless,
                ("silent", _) => Reply::Silence,
                ("html", _) => Reply::Status(200, "<html>".to_owned()),
                ("teapot", _) => Reply::Status(418, String::new()),
                ("broken", _) => Reply::Status(503, String::new()),
                ("httpkeys", _) => Reply::Json(document("http://localhost/keys".to_owned())),
                ("nokeys", _) => Reply::Json(json!({"issuer": format!("{origin}/nokeys")})),
                ("metadata", _) => Reply::Json(document("https://169.254.169.254/keys".to_owned())),
                ("literal", _) => Reply::Json(document("https://0x7f.1:1/keys".to_owned())),
                _ => Reply::Json(document(format!("{origin}/{case}/keys"))),
            }
        }
    });
    let run = |case: &str, more: &[&str]| {
        let folder = project(
            &json!({"discoveryUrl": format!("{}/{case}/.well-known/openid-configuration", server.origin), "allowedAudience": ["agents"]}),
        );
        let token = key.sign(&shape("pingfederate", &format!("{}/{case}", server.origin)));
        let mut command = server.command();
        let output = command
            .args(["token", "-"])
            .arg(folder.path())
            .arg("--json")
            .args(more)
            .write_stdin(token)
            .output()
            .unwrap();
        let page: Value = serde_json::from_slice(&output.stdout).unwrap();
        (output.status.code().unwrap(), page.to_string())
    };
    let allowed = |case: &str| run(case, &["--allow-private-issuer"]);
    assert_eq!(allowed("good").0, 0);
    let (exit, page) = allowed("same");
    assert!(exit == 0 && page.contains("redirects to"), "{page}");
    for (case, exit, words) in [
        ("away", 1, "redirects to another host"),
        ("plain", 1, "redirects to another host"),
        ("loop", 1, "redirects more than 3 times"),
        ("endless", 1, "more than 1000000 bytes"),
        ("silent", 2, "did not answer within 5 s"),
        ("html", 1, "not JSON"),
        ("teapot", 1, "HTTP 418"),
        ("broken", 2, "HTTP 503"),
        ("httpkeys", 1, "not https"),
        ("nokeys", 1, "no jwks_uri"),
    ] {
        let (got, page) = allowed(case);
        assert!(got == exit && page.contains(words), "{case}: {got} {page}");
    }
    let before = server.paths().len();
    let (exit, page) = run("good", &[]);
    assert!(
        exit == 2 && page.contains("not public (loopback)"),
        "{page}"
    );
    assert_eq!(
        server.paths().len(),
        before,
        "a refused host must not be asked"
    );
    assert!(
        server.paths().iter().all(|path| !path.contains("eyJ")),
        "no token is sent"
    );
}

#[test]
fn what_is_no_token_is_explained() {
    let folder = tempfile::tempdir().unwrap();
    for (input, words) in [
        ("", "the token is empty"),
        ("c2VjcmV0LW9wYXF1ZQ", "opaque token"),
        ("a.b.c.d.e", "encrypted token (JWE"),
        ("eyJh.b", "2 dot-separated segments"),
        ("!!!.b.c", "header is not base64url"),
        ("e30.W10.x", "payload is not a JSON object"),
    ] {
        let output = assert_cmd::Command::cargo_bin("agentcore-harden")
            .unwrap()
            .args(["token", "-"])
            .current_dir(folder.path())
            .write_stdin(input)
            .output()
            .unwrap();
        let error = String::from_utf8_lossy(&output.stderr);
        assert!(
            output.status.code() == Some(2) && error.contains(words) && error.contains("help: "),
            "{input:?}: {error}"
        );
    }
    let huge = "a".repeat(3_000_000);
    let output = assert_cmd::Command::cargo_bin("agentcore-harden")
        .unwrap()
        .args(["token", "-"])
        .current_dir(folder.path())
        .write_stdin(huge)
        .output()
        .unwrap();
    assert!(String::from_utf8_lossy(&output.stderr).contains("larger than 65536 bytes"));
}

#[test]
fn without_a_project_it_decodes_and_never_shows_the_token() {
    let key = SigningKey::generate("key-1");
    let mut claims = shape(
        "cognito-access",
        "https://cognito-idp.us-east-1.amazonaws.com/us-east-1_x",
    );
    claims["hostile"] = json!("a\u{1b}[31mred\u{202e}");
    claims["long"] = json!("x".repeat(5000));
    claims["inner"] = json!(key.sign(&json!({"a": 1})));
    let token = key.sign(&claims);
    let folder = tempfile::tempdir().unwrap();
    for more in [&[][..], &["--json"][..]] {
        let output = assert_cmd::Command::cargo_bin("agentcore-harden")
            .unwrap()
            .arg("token")
            .arg(format!("Bearer {token}"))
            .args(more)
            .current_dir(folder.path())
            .output()
            .unwrap();
        let text = String::from_utf8_lossy(&output.stdout);
        assert_eq!(output.status.code(), Some(0), "{text}");
        assert!(
            text.contains("allowedClients") && text.contains("cognito:groups"),
            "{text}"
        );
        assert!(
            !text.contains('\u{1b}') && !text.contains(&"x".repeat(300)),
            "{text}"
        );
        for part in token
            .split('.')
            .chain(claims["inner"].as_str().unwrap().split('.'))
        {
            assert!(!text.contains(part), "{part}");
        }
    }
}

#[test]
fn the_systems_proxy_is_honoured_and_said() {
    let key = SigningKey::generate("key-1");
    let jwks = json!({"keys": [key.jwk()]});
    let server = Server::start(move |_| {
        move |path: &str| match path {
            "/.well-known/openid-configuration" => Reply::Json(
                json!({"issuer": "https://idp.corp.test", "jwks_uri": "https://idp.corp.test/keys"}),
            ),
            _ => Reply::Json(jwks.clone()),
        }
    });
    let (url, asked) = crate::idp::proxy(server.port());
    let folder = project(
        &json!({"discoveryUrl": "https://idp.corp.test/.well-known/openid-configuration", "allowedAudience": ["agents"]}),
    );
    let token = key.sign(&shape("pingfederate", "https://idp.corp.test"));
    let run = |folder: &std::path::Path| {
        let mut command = server.command();
        command
            .env("HTTPS_PROXY", &url)
            .args(["token", "-"])
            .arg(folder)
            .args(["--json", "--verify"]);
        let output = command.write_stdin(token.as_str()).output().unwrap();
        (
            output.status.code().unwrap(),
            String::from_utf8_lossy(&output.stdout).into_owned(),
        )
    };
    let (exit, page) = run(folder.path());
    assert_eq!(exit, 0, "{page}");
    assert!(page.contains("through the system's proxy"), "{page}");
    assert_eq!(
        asked.lock().unwrap()[0],
        "CONNECT idp.corp.test:443 HTTP/1.1"
    );
    let literal = project(
        &json!({"discoveryUrl": "https://2130706433/.well-known/openid-configuration", "allowedAudience": ["agents"]}),
    );
    let before = asked.lock().unwrap().len();
    let (exit, page) = run(literal.path());
    assert!(
        exit == 2 && page.contains("not public (loopback)"),
        "{page}"
    );
    assert_eq!(asked.lock().unwrap().len(), before);
}

#[test]
fn the_audit_fetches_only_with_live() {
    let world = World::new();
    let folder =
        project(&json!({"discoveryUrl": world.discovery("k"), "allowedAudience": ["agents"]}));
    let run = |more: &[&str]| {
        let mut command = world.server.command();
        command
            .args(["check", "--json", "--only", "auth-jwt-issuer"])
            .arg(folder.path())
            .args(more);
        for name in [
            "AWS_PROFILE",
            "AWS_ACCESS_KEY_ID",
            "AWS_SECRET_ACCESS_KEY",
            "AWS_SESSION_TOKEN",
        ] {
            command.env_remove(name);
        }
        let output = command
            .env("AWS_EC2_METADATA_DISABLED", "true")
            .output()
            .unwrap();
        let page: Value = serde_json::from_slice(&output.stdout).unwrap();
        page["results"][0]["status"].as_str().unwrap().to_owned()
    };
    assert_eq!(run(&["--offline"]), "skipped");
    assert_eq!(run(&[]), "skipped");
    assert!(world.server.paths().is_empty());
    assert_eq!(run(&["--live"]), "skipped", "a private address is refused");
    assert!(world.server.paths().is_empty());
    assert_eq!(run(&["--live", "--allow-private-issuer"]), "pass");
    assert_eq!(
        world.server.paths(),
        ["/k/.well-known/openid-configuration", "/k/keys"]
    );
}
