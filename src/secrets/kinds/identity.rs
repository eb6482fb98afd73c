//! Identity providers and stores of secrets.

formats! { FORMATS Identity;
    "okta-ssws-token" "Okta API token (in its header)" ["SSWS "] r"SSWS (00[A-Za-z0-9_-]{40})" "https://developer.okta.com/docs/guides/create-an-api-token/main/";
    "okta-api-token" "Okta API token" @ 40 ["okta", "ssws"] r"(?i:okta|ssws)[\s\S]{0,64}?\b(00[A-Za-z0-9_-]{39}[A-Za-z0-9_])" "https://developer.okta.com/docs/guides/create-an-api-token/main/";
    "clerk-secret-key" "Clerk secret key" ["sk_live_", "sk_test_"] r"sk_(?:live|test)_[A-Za-z0-9]{42}" "https://clerk.com/docs/deployments/clerk-environment-variables";
    "workos-api-key" "WorkOS API key" ["sk_live_", "sk_test_", "sk_"] r"sk_(?:live_|test_)?[a-z]{2}[A-Za-z0-9]{60,90}" "https://workos.com/docs/reference/authentication";
    "stytch-secret" "Stytch secret" ["secret-live-", "secret-test-"] r"secret-(?:live|test)-[A-Za-z0-9_=-]{32,50}" "https://stytch.com/docs/api/authentication";
    "doppler-token" "Doppler token" ["dp.ct.", "dp.pt.", "dp.st.", "dp.sa.", "dp.scim.", "dp.audit.", "dp.said."] r"dp\.(?:ct|pt|sa|scim|audit|said|st)\.(?:[a-z0-9_-]{2,35}\.)?[A-Za-z0-9]{40,44}" "https://docs.doppler.com/reference/auth-token-formats";
    "vault-token" "HashiCorp Vault token" ["hvs.", "hvb.", "hvr."] r"hv[sbr]\.[A-Za-z0-9_-]{24,300}" "https://developer.hashicorp.com/vault/docs/concepts/tokens";
    "vault-legacy-token" "HashiCorp Vault token (first form)" @ 40 ["vault"] r"(?i:vault)[\s\S]{0,32}?(?i:token)[\s\S]{0,12}?\b(s\.[A-Za-z0-9]{24})" "https://developer.hashicorp.com/vault/docs/concepts/tokens";
    "onepassword-token" "1Password service account token" ["ops_eyJ"] r"ops_eyJ[A-Za-z0-9+/=_-]{200,}" "https://developer.1password.com/docs/service-accounts/";
    "onepassword-secret-key" "1Password secret key" ["A3-"] r"A3-[A-Z0-9]{6}-(?:[A-Z0-9]{11}|[A-Z0-9]{6}-[A-Z0-9]{5})-[A-Z0-9]{5}-[A-Z0-9]{5}-[A-Z0-9]{5}" "https://support.1password.com/secret-key-security/";
    "age-secret-key" "age secret key" ["AGE-SECRET-KEY-1"] r"AGE-SECRET-KEY-1[0-9A-Z]{58}" "https://github.com/FiloSottile/age";
    "infisical-token" "Infisical service token" ["st."] r"st\.[A-Fa-f0-9]{24}\.[A-Fa-f0-9]{32}\.[A-Fa-f0-9]{32}" "https://infisical.com/docs/documentation/platform/token";
    "password-hash-bcrypt" "Password hash (bcrypt)" ["$2a$", "$2b$", "$2y$", "$2x$"] r"\$2[abxy]\$\d{2}\$[./A-Za-z0-9]{53}" "https://man.openbsd.org/crypt.3";
    "password-hash-crypt" "Password hash (md5crypt, sha256crypt, sha512crypt)" ["$1$", "$5$", "$6$", "$8$"] r"\$1\$[./A-Za-z0-9]{1,8}\$[./A-Za-z0-9]{22}|\$5\$(?:rounds=\d+\$)?[./A-Za-z0-9]{1,16}\$[./A-Za-z0-9]{43}|\$6\$(?:rounds=\d+\$)?[./A-Za-z0-9]{1,16}\$[./A-Za-z0-9]{86}|\$8\$[./A-Za-z0-9]{8,16}\$[./A-Za-z0-9]{43}" "https://man7.org/linux/man-pages/man5/crypt.5.html";
    "kerberos-asrep" "Kerberos AS-REP hash" ["$krb5asrep$"] r"\$krb5asrep\$\d+\$(?:[^:\s]+:)?[0-9A-Fa-f]{32}\$[0-9A-Fa-f]{64,}" "https://hashcat.net/wiki/doku.php?id=example_hashes";
    "salesforce-token" "Salesforce session id or token" @ 20 ["!"] r"\b(00[A-Za-z0-9]{13}![A-Za-z0-9_.]{90,120})" "https://developer.salesforce.com/docs/atlas.en-us.api_rest.meta/api_rest/";
    "netrc-password" "Password in .netrc" @ 0 ["machine "] r"machine\s+\S{2,80}\s+login\s+\S{1,80}\s+password\s+([^\s<>${}\x22'\\]{4,80})" "https://everything.curl.dev/usingcurl/netrc.html";
    "powershell-securestring" "Plain text in ConvertTo-SecureString" ["ConvertTo-SecureString"] r"ConvertTo-SecureString\s+(?:-AsPlainText\s+-Force\s+)?(?:-String\s+)?[\x22']([^\x22'$\s]{6,200})[\x22']" "https://learn.microsoft.com/en-us/powershell/module/microsoft.powershell.security/convertto-securestring";
    "psexec-password" "Password of PsExec" @ 0 ["psexec"] r"(?i:psexec)[^\n]{0,100}?\s-u\s+\S+\s+-p\s+([^\s%$<]{4,80})" "https://learn.microsoft.com/en-us/sysinternals/downloads/psexec";
}

named! { NAMED Identity;
    "auth0-client-secret" "Auth0 client secret" ["auth0"] Word 64 64; "https://auth0.com/docs/secure/application-credentials";
    "okta-client-secret" "Okta client secret" ["okta"] Word 40 40 | Word 64 64; "https://developer.okta.com/docs/";
    "onelogin-secret" "OneLogin secret" ["onelogin"] Hex 64 64; "https://developers.onelogin.com/api-docs/2/getting-started/working-with-api-credentials";
    "keycloak-secret" "Keycloak client secret" ["keycloak"] Alnum 32 32 | Uuid 36 36; "https://www.keycloak.org/docs/latest/server_admin/";
    "cognito-client-secret" "Cognito client secret" ["cognito", "user_pool_client", "userpoolclient"] Lower 50 54; "https://docs.aws.amazon.com/cognito/latest/developerguide/user-pool-settings-client-apps.html";
    "jumpcloud-key" "JumpCloud API key" ["jumpcloud"] Alnum 40 40; "https://jumpcloud.com/support/jumpcloud-apis1";
    "duo-secret" "Duo secret key" ["duo_", "duosecurity"] Alnum 40 40; "https://duo.com/docs/authapi";
    "loginradius-key" "LoginRadius key" ["loginradius"] Uuid 36 36; "https://www.loginradius.com/docs/api/";
    "bitwarden-secret" "Bitwarden secret" ["bitwarden", "bw_client"] Alnum 30 30; "https://bitwarden.com/help/personal-api-key/";
    "recaptcha-secret" "reCAPTCHA secret" ["recaptcha"] Word 40 40; "https://developers.google.com/recaptcha/docs/verify";
    "hcaptcha-secret" "hCaptcha secret" ["hcaptcha"] Word 42 45; "https://docs.hcaptcha.com/";
    "virustotal-key" "VirusTotal API key" ["virustotal", "vt_api"] Hex 64 64; "https://docs.virustotal.com/reference/overview";
    "shodan-key" "Shodan API key" ["shodan"] Alnum 32 32; "https://developer.shodan.io/api";
    "securitytrails-key" "SecurityTrails API key" ["securitytrails"] Alnum 32 32; "https://docs.securitytrails.com/";
    "urlscan-key" "urlscan API key" ["urlscan"] Uuid 36 36; "https://urlscan.io/docs/api/";
    "abuseipdb-key" "AbuseIPDB key" ["abuseipdb"] Hex 80 80; "https://docs.abuseipdb.com/";
    "greynoise-key" "GreyNoise key" ["greynoise"] Word 64 64; "https://docs.greynoise.io/";
    "censys-secret" "Censys secret" ["censys"] Alnum 32 32; "https://search.censys.io/api";
    "ipqualityscore-key" "IPQualityScore key" ["ipquality"] Alnum 32 32; "https://www.ipqualityscore.com/documentation/overview";
    "sslmate-key" "SSLMate key" ["sslmate"] Alnum 36 36; "https://sslmate.com/help/reference/apiv2";
    "django-secret-key" "Django secret key" ["django"] Word 50 50; "https://docs.djangoproject.com/en/stable/ref/settings/#secret-key";
    "laravel-app-key" "Laravel app key" ["app_key=base64", "app_key: base64"] Base64 43 44; "https://laravel.com/docs/encryption";
    "rails-master-key" "Rails key" ["rails_master", "secret_key_base"] Hex 32 32 | Hex 64 64 | Hex 128 128; "https://guides.rubyonrails.org/security.html";
}
