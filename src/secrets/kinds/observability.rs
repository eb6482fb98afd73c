//! Observability and incident response.

formats! { FORMATS Observability;
    "newrelic-user-key" "New Relic user key" ["NRAK-"] r"NRAK-[A-Za-z0-9]{27}" "https://docs.newrelic.com/docs/apis/intro-apis/new-relic-api-keys/";
    "newrelic-insert-key" "New Relic insights key" ["NRII-", "NRIQ-", "NRRA-", "NRAA-", "NRSP-"] r"NR(?:II|IQ|RA|AA|SP)-[A-Za-z0-9_-]{27,44}" "https://docs.newrelic.com/docs/apis/intro-apis/new-relic-api-keys/";
    "newrelic-license-key" "New Relic license key" @ 40 ["NRAL"] r"[A-Fa-f0-9]{36}NRAL" "https://docs.newrelic.com/docs/apis/intro-apis/new-relic-api-keys/";
    "sentry-token" "Sentry user or organization token" ["sntryu_", "sntrys_"] r"sntryu_[A-Fa-f0-9]{64}|sntrys_eyJ[A-Za-z0-9+/=_-]{80,}" "https://docs.sentry.io/account/auth-tokens/";
    "grafana-cloud-token" "Grafana Cloud token" ["glc_"] r"glc_[A-Za-z0-9+/]{32,200}={0,2}" "https://grafana.com/docs/grafana-cloud/account-management/authentication-and-permissions/access-policies/";
    "grafana-service-token" "Grafana service account token" ["glsa_"] r"glsa_[A-Za-z0-9]{32}_[A-Fa-f0-9]{8}" "https://grafana.com/docs/grafana/latest/administration/service-accounts/";
    "grafana-api-key" "Grafana API key" ["eyJrIjoi"] r"eyJrIjoi[A-Za-z0-9+/]{40,400}={0,2}" "https://grafana.com/docs/grafana/latest/developers/http_api/auth/";
    "honeycomb-key" "Honeycomb API key" ["hcaik_", "hcxik_", "hcamk_", "hcxmk_", "hcaic_", "hcalk_"] r"hc(?:aik|xik|amk|xmk|aic|alk)_[A-Za-z0-9]{26,64}" "https://docs.honeycomb.io/configure/environments/manage-api-keys/";
    "dynatrace-token" "Dynatrace token" ["dt0"] r"dt0[a-zA-Z]\d{2}\.[A-Za-z0-9]{24}\.[A-Za-z0-9]{64}" "https://docs.dynatrace.com/docs/manage/identity-access-management/access-tokens-and-oauth-clients";
    "pagerduty-api-key" "PagerDuty API key" @ 24 ["pagerduty", "pager_duty", "pd_", "pd-"] r"(?i:pagerduty|pager_duty|pd_|pd-)[\s\S]{0,24}?(u\+[A-Za-z0-9_+-]{18})" "https://support.pagerduty.com/main/docs/api-access-keys";
    "logfire-token" "Pydantic Logfire token" ["pylf_v"] r"pylf_v\d+_[a-z]{2}_[A-Za-z0-9]{40,52}" "https://logfire.pydantic.dev/docs/";
    "axiom-token" "Axiom token" ["xaat-", "xapt-"] r"xa[ap]t-[A-Fa-f0-9]{8}-[A-Fa-f0-9]{4}-[A-Fa-f0-9]{4}-[A-Fa-f0-9]{4}-[A-Fa-f0-9]{12}" "https://axiom.co/docs/reference/tokens";
    "rootly-api-token" "Rootly API token" ["rootly_"] r"rootly_[A-Fa-f0-9]{64}" "https://rootly.com/api";
    "incident-io-key" "Incident.io API key" ["inc_"] r"inc_[A-Fa-f0-9]{64}" "https://api-docs.incident.io/";
}

named! { NAMED Observability;
    "datadog-api-key" "Datadog API key" ["datadog", "dd_api", "dd-api", "dd_"] Lower 32 32; "https://docs.datadoghq.com/account_management/api-app-keys/";
    "datadog-application-key" "Datadog application key" ["datadog", "dd_app", "dd-app", "dd_", "dog"] Lower 40 40; "https://docs.datadoghq.com/account_management/api-app-keys/";
    "newrelic-key" "NewRelic key (first form)" ["newrelic", "new_relic"] Hex 40 40 | Word 47 47; "https://docs.newrelic.com/docs/apis/intro-apis/new-relic-api-keys/";
    "sentry-legacy-token" "Sentry token (first form)" ["sentry"] Hex 64 64; "https://docs.sentry.io/account/auth-tokens/";
    "honeycomb-legacy-key" "Honeycomb API key (first form)" ["honeycomb", "x-honeycomb-team"] Hex 32 32 | Alnum 22 22; "https://docs.honeycomb.io/configure/environments/manage-api-keys/";
    "splunk-token" "Splunk token" ["splunk", "sfx_auth", "signalfx"] Word 22 22 | Uuid 36 36; "https://docs.splunk.com/observability/admin/authentication-tokens/org-tokens.html";
    "sumologic-key" "SumoLogic access key" ["sumo"] Alnum 64 64; "https://help.sumologic.com/docs/manage/security/access-keys/";
    "logzio-token" "LogzIo token" ["logz"] Uuid 36 36 | Alnum 32 32; "https://docs.logz.io/";
    "loggly-token" "Loggly token" ["loggly"] Uuid 36 36; "https://documentation.solarwinds.com/en/success_center/loggly/";
    "coralogix-key" "Coralogix key" ["coralogix", "cxtp_"] Word 30 35 | Uuid 36 36; "https://coralogix.com/docs/";
    "rollbar-token" "Rollbar token" ["rollbar"] Hex 32 32; "https://docs.rollbar.com/docs/access-tokens";
    "bugsnag-key" "Bugsnag key" ["bugsnag"] Hex 32 32 | Uuid 36 36; "https://docs.bugsnag.com/api/";
    "airbrake-key" "Airbrake key" ["airbrake"] Alnum 40 40 | Hex 32 32; "https://docs.airbrake.io/docs/";
    "appoptics-token" "AppOptics token" ["appoptics"] Word 71 71; "https://docs.appoptics.com/";
    "opsgenie-key" "OpsGenie API key" ["opsgenie"] Uuid 36 36; "https://support.atlassian.com/opsgenie/docs/api-key-management/";
    "pagerduty-key" "PagerDuty key (first form)" ["pagerduty", "pager_duty"] Hex 32 32 | Alnum 20 20; "https://support.pagerduty.com/main/docs/api-access-keys";
    "statuspage-key" "Statuspage API key" ["statuspage"] Uuid 36 36; "https://developer.statuspage.io/";
    "statuscake-key" "Statuscake API key" ["statuscake"] Alnum 20 20; "https://developers.statuscake.com/";
    "statuspal-key" "Statuspal API key" ["statuspal"] Alnum 32 32; "https://www.statuspal.io/api-docs";
    "uptimerobot-key" "UptimeRobot API key" ["uptimerobot"] Word 34 35; "https://uptimerobot.com/api/";
    "betterstack-token" "BetterStack token" ["betterstack", "better_stack", "logtail", "betteruptime"] Alnum 24 24; "https://betterstack.com/docs/";
    "instana-token" "Instana token" ["instana"] Word 22 22; "https://www.ibm.com/docs/en/instana-observability";
    "lightstep-token" "Lightstep token" ["lightstep"] Base64 84 104; "https://docs.lightstep.com/docs/create-and-manage-access-tokens";
    "logdna-key" "LogDNA key" ["logdna", "mezmo"] Hex 32 32; "https://docs.mezmo.com/";
    "apimetrics-key" "APImetrics key" ["apimetrics"] Alnum 32 32; "https://apimetrics.io/";
}
