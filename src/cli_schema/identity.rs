//! `credentials[]` and `payments[]`.

use super::patterns::{ANY_TEXT, NAME};
use super::shape::{FILLED, Object, Pattern, Shape, TEXT, Text, list, may, must, open};

static CREDENTIAL_FORM: Pattern = Pattern::new(
    "^[a-zA-Z0-9_-]+$",
    "letters, digits, hyphens and underscores",
);
const CREDENTIAL_NAME: Text = FILLED.max(128).like(&CREDENTIAL_FORM);
const PROVIDER: Shape = Shape::Choice(&["CoinbaseCDP", "StripePrivy"]);
static API_KEY: Object = open(&[
    must("authorizerType", TEXT.shape()),
    must("name", CREDENTIAL_NAME.shape()),
]);
static OAUTH: Object = open(&[
    must("authorizerType", TEXT.shape()),
    must("name", CREDENTIAL_NAME.shape()),
    may("discoveryUrl", Shape::Url(None)),
    may("scopes", list(&ANY_TEXT)),
    may("vendor", TEXT.shape()),
    may("managed", Shape::Flag),
    may("usage", Shape::Choice(&["inbound", "outbound"])),
]);
static PAYMENT_CREDENTIAL: Object = open(&[
    must("authorizerType", TEXT.shape()),
    must("name", CREDENTIAL_NAME.shape()),
    must("provider", PROVIDER),
]);
/// An entry of `credentials`.
pub static CREDENTIAL: Shape = Shape::Tagged(
    "authorizerType",
    &[
        ("ApiKeyCredentialProvider", Shape::Object(&API_KEY)),
        ("OAuthCredentialProvider", Shape::Object(&OAUTH)),
        (
            "PaymentCredentialProvider",
            Shape::Object(&PAYMENT_CREDENTIAL),
        ),
    ],
);

static MANAGER_FORM: Pattern = Pattern::new(
    "^[a-zA-Z][a-zA-Z0-9]{0,47}$",
    "a letter, then letters and digits; at most 48 characters",
);
static QUICK: Object = open(&[
    must("name", NAME.shape()),
    must("provider", Shape::Choice(&["CoinbaseCDP"])),
    must("provisionMode", Shape::Choice(&["QUICK_CREATE"])),
    may("credentialName", Shape::Absent),
]);
static MANUAL: Object = open(&[
    must("name", NAME.shape()),
    may("provider", PROVIDER),
    may("provisionMode", Shape::Choice(&["MANUAL"])),
    must("credentialName", FILLED.shape()),
]);
static CONNECTOR: Shape = Shape::Either(&[Shape::Object(&QUICK), Shape::Object(&MANUAL)]);
static PAYMENT_JWT: Object = open(&[
    must("discoveryUrl", Shape::Url(None)),
    may("allowedClients", list(&ANY_TEXT)),
    may("allowedAudience", list(&ANY_TEXT)),
    may("allowedScopes", list(&ANY_TEXT)),
]);
static PAYMENT_AUTH: Object = open(&[must("customJWTAuthorizer", Shape::Object(&PAYMENT_JWT))]);
static MANAGER_OBJECT: Object = open(&[
    must("name", FILLED.max(48).like(&MANAGER_FORM).shape()),
    may("authorizerType", Shape::Choice(&["AWS_IAM", "CUSTOM_JWT"])),
    may("authorizerConfiguration", Shape::Object(&PAYMENT_AUTH)),
    may("connectors", list(&CONNECTOR)),
    may("description", TEXT.shape()),
    may("autoPayment", Shape::Flag),
    may("defaultSpendLimit", TEXT.shape()),
    may("paymentToolAllowlist", list(&ANY_TEXT)),
    may("networkPreferences", list(&ANY_TEXT)),
])
.rules(&[|scope| {
    let jwt = scope.text("authorizerType") == Some("CUSTOM_JWT");
    if jwt && !scope.has("authorizerConfiguration") {
        scope.fault(
            "authorizerConfiguration",
            "is missing: authorizerType CUSTOM_JWT needs customJWTAuthorizer in it",
        );
    }
}]);
/// An entry of `payments`.
pub static PAYMENT: Shape = Shape::Object(&MANAGER_OBJECT);
