//! Further values that carry their vendor's prefix, by area.

formats! { MODELS Models;
    "google-auth-key" "Google AI Studio auth key" ["AQ.Ab8RN6"] r"AQ\.Ab8RN6[A-Za-z0-9_-]{40,50}" "https://ai.google.dev/gemini-api/docs/api-key";
    "brave-search-token" "Brave Search token" ["BSA"] r"BSA[A-Za-z0-9_-]{24,40}" "https://api-dashboard.search.brave.com/app/documentation/web-search/get-started";
    "cartesia-api-key" "Cartesia API key" ["sk_car_"] r"sk_car_[A-Za-z0-9_]{20,24}" "https://docs.cartesia.ai/";
    "devin-api-key" "Devin API key" ["apk_", "cog_"] r"apk_(?:user_)?[A-Za-z0-9+/]{80,180}={0,2}|cog_[a-z2-7]{52}" "https://docs.devin.ai/api-reference/overview";
    "fal-api-key" "fal API key" @ 24 ["fal_", "fal-", "falai", "fal.ai"] r"([A-Fa-f0-9]{8}-[A-Fa-f0-9]{4}-[A-Fa-f0-9]{4}-[A-Fa-f0-9]{4}-[A-Fa-f0-9]{12}:[A-Fa-f0-9]{32})" "https://docs.fal.ai/";
    "moonshot-api-key" "Moonshot (Kimi) API key" ["sk-"] r"sk-[A-Za-z0-9_-]{48}" "https://platform.moonshot.ai/docs/introduction";
    "minimax-api-key" "MiniMax API key" ["sk-api-"] r"sk-api-[A-Za-z0-9_-]{100,130}" "https://www.minimax.io/platform/document/";
    "ollama-api-key" "Ollama API key" @ 24 ["ollama"] r"(?i:ollama)[\s\S]{0,48}?\b([A-Fa-f0-9]{32}\.[A-Za-z0-9_-]{24})" "https://docs.ollama.com/api/authentication";
    "retell-key" "Retell API key" @ 24 ["retell"] r"(?i:retell)[\s\S]{0,48}?\b(key_[A-Fa-f0-9]{28})" "https://docs.retellai.com/";
    "runpod-api-key" "RunPod API key" ["rpa_"] r"rpa_[A-Z0-9]{40}[A-Za-z0-9]{6}" "https://docs.runpod.io/get-started/api-keys";
    "wandb-v1-key" "Weights & Biases API key (v1)" ["wandb_v1_"] r"wandb_v1_[A-Za-z0-9_]{70,84}" "https://docs.wandb.ai/quickstart/";
    "zai-api-key" "Z.ai (Zhipu) API key" @ 40 ["zai_", "zai-", "z.ai", "zhipu", "glm_", "bigmodel", "api_key", "apikey"] r"\b([A-Fa-f0-9]{32}\.[A-Za-z0-9]{16})" "https://docs.z.ai/guides/overview/quick-start";
    "voyage-atlas-key" "Voyage AI key of Atlas" ["al-"] r"al-[A-Za-z0-9_-]{43}" "https://www.mongodb.com/docs/voyageai/";
    "upstage-api-key" "Upstage API key" ["up_"] r"up_[A-Za-z0-9]{29}" "https://console.upstage.ai/docs/getting-started";
    "mem0-key-near" "Mem0 API key (other lengths)" ["m0-"] r"m0-[A-Za-z0-9]{24,44}" "https://docs.mem0.ai/platform/quickstart";
    "openrouter-key-any" "OpenRouter API key (later forms)" ["sk-or-v"] r"sk-or-v\d+-[A-Za-z0-9_-]{20,128}" "https://openrouter.ai/docs/api-reference/authentication";
}

formats! { CLOUD Cloud;
    "alibaba-sts-key-id" "Alibaba Cloud STS access key id" ["STS."] r"STS\.[A-Za-z0-9]{16,40}" "https://www.alibabacloud.com/help/en/ram/product-overview/what-is-sts";
    "cloudflare-prefixed-token" "Cloudflare API token (with prefix)" ["cfut_", "cfat_", "cfk_"] r"cf(?:ut|at|k)_[A-Za-z0-9]{40}[A-Fa-f0-9]{8}" "https://developers.cloudflare.com/fundamentals/api/get-started/token-formats/";
    "deno-token" "Deno Deploy token" ["ddp_", "ddo_", "ddw_"] r"dd[pow]_[A-Za-z0-9]{36}" "https://docs.deno.com/deploy/";
    "defined-networking-token" "Defined Networking token" ["dnkey-"] r"dnkey-[a-z0-9=_-]{26}-[a-z0-9=_-]{52}" "https://docs.defined.net/";
    "docker-swarm-token" "Docker Swarm token" ["SWMTKN-1-", "SWMKEY-1-"] r"SWMTKN-1-[a-z0-9]{50,60}-[a-z0-9]{24,30}|SWMKEY-1-[A-Za-z0-9+/]{40,50}" "https://docs.docker.com/engine/swarm/swarm-mode/";
    "fly-token-v1" "Fly.io token" ["FlyV1 "] r"FlyV1\s[A-Za-z0-9=_,/+-]{100,4000}" "https://fly.io/docs/security/tokens/";
    "infracost-key" "Infracost API key" ["ico-"] r"ico-[A-Za-z0-9]{32}" "https://www.infracost.io/docs/";
    "octopus-deploy-key" "Octopus Deploy API key" ["API-"] r"API-[A-Z0-9]{25,34}" "https://octopus.com/docs/octopus-rest-api/how-to-create-an-api-key";
    "upcloud-token" "UpCloud token" ["ucat_"] r"ucat_[0-9A-Za-z]{24,32}" "https://developers.upcloud.com/";
    "vercel-prefixed-token" "Vercel token (other lengths)" ["vcp_", "vca_", "vci_", "vcr_", "vck_"] r"vc[pairk]_[A-Za-z0-9_-]{50,64}" "https://vercel.com/docs/rest-api#authentication";
    "tailscale-api-key" "Tailscale API key" ["tskey-api-"] r"tskey-api-[A-Za-z0-9_-]{20,50}" "https://tailscale.com/kb/1101/api";
    "val-town-token" "ValTown token" ["vtwn_"] r"vtwn_[A-Za-z0-9_-]{20,80}" "https://docs.val.town/reference/api/";
    "zuplo-key" "Zuplo API key" ["zpka_"] r"zpka_[a-z0-9]{32}_[0-9A-Fa-f]{8}" "https://zuplo.com/docs/";
    "yandex-cloud-key" "Yandex Cloud API key" ["AQVN"] r"AQVN[A-Za-z0-9_-]{35,38}" "https://yandex.cloud/en/docs/iam/concepts/authorization/api-key";
    "yandex-iam-token" "Yandex Cloud IAM token" ["t1."] r"t1\.[A-Za-z0-9_-]{4,}={0,2}\.[A-Za-z0-9_-]{86}={0,2}" "https://yandex.cloud/en/docs/iam/concepts/authorization/iam-token";
    "yandex-static-secret" "Yandex Cloud static secret" ["YC"] r"YC[A-Za-z0-9_-]{38}" "https://yandex.cloud/en/docs/iam/concepts/authorization/access-key";
    "settlemint-token" "SettleMint token" ["sm_aat_", "sm_pat_", "sm_sat_"] r"sm_[aps]at_[A-Za-z0-9]{16}" "https://console.settlemint.com/documentation/";
    "unkey-root-key" "Unkey root key" ["unkey_"] r"unkey_[A-Za-z0-9]{20,32}" "https://www.unkey.com/docs/security/root-keys";
    "harness-key" "Harness API key" ["pat.", "sat."] r"[ps]at\.[A-Za-z0-9_-]{22}\.[0-9A-Fa-f]{24}\.[A-Za-z0-9]{20}" "https://developer.harness.io/docs/platform/automation/api/add-and-manage-api-keys/";
}

formats! { SOURCE Source;
    "aikido-secret" "Aikido token" ["AIK_SECRET_", "AIK_CI_"] r"AIK_SECRET_[A-Za-z0-9]{64}|AIK_CI_[A-Za-z0-9]{20,44}" "https://apidocs.aikido.dev/";
    "atlassian-token-any" "Atlassian token (other forms)" ["ATAT"] r"ATAT[A-Za-z0-9_=-]{100,240}" "https://support.atlassian.com/atlassian-account/docs/manage-api-tokens-for-your-atlassian-account/";
    "bitbucket-data-center" "Bitbucket Data Center token" ["BBDC-"] r"BBDC-[A-Za-z0-9+/=@_-]{32,60}" "https://confluence.atlassian.com/bitbucketserver/http-access-tokens-939515499.html";
    "configcat-sdk-key" "ConfigCat SDK key" ["configcat-sdk-1/"] r"configcat-sdk-1/[A-Za-z0-9_-]{22}/[A-Za-z0-9_-]{22}" "https://configcat.com/docs/";
    "devcycle-server-key" "DevCycle server key" ["dvc_server_"] r"dvc_server_[A-Za-z0-9_]{8,60}" "https://docs.devcycle.com/";
    "endorlabs-key" "Endor Labs key" ["endr+"] r"endr\+[A-Za-z0-9-]{16}" "https://docs.endorlabs.com/";
    "gitlab-incoming-mail" "GitLab incoming mail token" ["incoming+"] r"incoming\+(?:[A-Za-z0-9._-]+-)?\d+-([A-Za-z0-9_-]{16,40})-(?:issue|merge-request)" "https://docs.gitlab.com/security/tokens/";
    "gitlab-session-cookie" "GitLab session cookie" ["_gitlab_session="] r"_gitlab_session=([0-9a-z]{32})" "https://docs.gitlab.com/security/tokens/";
    "intra42-secret" "Intra 42 client secret" ["s-s4t2"] r"s-s4t2(?:ud|af)-[a-fA-F0-9]{64}" "https://api.intra.42.fr/apidoc";
    "mergify-key" "Mergify application key" ["mergify_application_key_"] r"mergify_application_key_[A-Za-z0-9_-]{40,200}" "https://docs.mergify.com/";
    "sidekiq-credential" "Sidekiq Enterprise credential" ["BUNDLE_ENTERPRISE__CONTRIBSYS__COM", "BUNDLE_GEMS__CONTRIBSYS__COM"] r"BUNDLE_(?:ENTERPRISE|GEMS)__CONTRIBSYS__COM\s*[=:]\s*[\x22']?([A-Fa-f0-9]{8}:[A-Fa-f0-9]{8})" "https://github.com/sidekiq/sidekiq/wiki";
    "wakatime-key" "WakaTime API key" ["waka_"] r"waka_[a-z0-9-]{36,64}" "https://wakatime.com/developers";
    "clojars-any" "Clojars token (any alphabet)" ["CLOJARS_"] r"CLOJARS_[A-Za-z0-9]{60}" "https://github.com/clojars/clojars-web/wiki/Deploy-Tokens";
    "cloudsmith-token" "Cloudsmith API key (with prefix)" ["csa_"] r"csa_[A-Fa-f0-9]{30}[A-Za-z0-9]{6}" "https://help.cloudsmith.io/docs/api-key";
    "packagist-organization-token" "Packagist organization token" ["packagist_ort_", "packagist_out_", "packagist_acs_", "packagist_uut_"] r"packagist_(?:ort|out|acs|uut)_[0-9A-Fa-f]{64,96}" "https://packagist.com/docs/";
    "postman-collection-any" "Postman collection key" ["PMAT-"] r"PMAT-[A-Za-z0-9]{26}" "https://learning.postman.com/docs/";
    "authress-key" "Authress service client key" ["sc_", "ext_", "scauth_", "authress_"] r"(?:sc|ext|scauth|authress)_[A-Za-z0-9]{5,30}\.[A-Za-z0-9]{4,6}\.acc[_-][A-Za-z0-9-]{10,32}\.[A-Za-z0-9+/_=-]{30,120}" "https://authress.io/knowledge-base/docs/";
    "lichess-token" "Lichess token" ["lip_"] r"lip_[A-Za-z0-9_]{16,60}" "https://lichess.org/api";
    "thunderstore-token" "Thunderstore token" ["tss_"] r"tss_[A-Za-z0-9_-]{20,80}" "https://thunderstore.io/api/docs/";
}

formats! { CHAT Chat;
    "slack-user-token-long" "Slack token (other lengths)" ["xoxp-", "xoxe-", "xoxb-", "xoxo-", "xoxs-", "xoxa-", "xoxr-"] r"xox[pesbo](?:-[0-9]{8,14}){2,3}(?:-[A-Za-z0-9-]{8,40})?|xoxb-[0-9]{8,14}-[A-Za-z0-9]{18,26}|xox[ar]-(?:\d-)?[0-9A-Za-z]{16,48}|xox[os]-\d+-\d+-\d+-[a-fA-F0-9]{8,64}|xoxe-\d{1,10}-[A-Za-z0-9]{130,160}" "https://api.slack.com/concepts/token-types";
    "slack-config-access" "Slack configuration token (other lengths)" ["xoxe.xox"] r"xoxe\.xox[bp]-\d{1,10}-[A-Za-z0-9]{140,180}" "https://api.slack.com/concepts/token-types";
    "slack-app-token-any" "Slack app-level token (other lengths)" ["xapp-"] r"xapp-\d{1,10}-[A-Za-z0-9]{8,15}-\d{8,15}-[A-Fa-f0-9]{16,64}" "https://api.slack.com/concepts/token-types";
    "slack-webhook-path" "Slack webhook path" ["hooks.slack.com/"] r"hooks\.slack\.com/(?:services|workflows|triggers)/([A-Za-z0-9+/]{40,60})" "https://api.slack.com/messaging/webhooks";
    "slack-session-cookie" "Slack session cookie" ["xoxd-"] r"xoxd-[A-Za-z0-9_%/+-]{60,400}={0,2}" "https://api.slack.com/concepts/token-types";
    "telegram-token-near" "Telegram bot token (any)" @ 16 ["telegr"] r"(?i:telegr)[\s\S]{0,48}?\b(\d{5,16}:[A-Za-z0-9_-]{34,35})" "https://core.telegram.org/bots/api#authorizing-your-bot";
    "facebook-app-token" "Facebook app access token" @ 60 ["facebook", "fb_", "graph."] r"\b(\d{15,16}(?:\||%7C)[0-9A-Za-z_-]{27,40})" "https://developers.facebook.com/docs/facebook-login/guides/access-tokens/";
}

formats! { PAYMENT Payment;
    "mercury-token" "Mercury token" ["mercury_production_"] r"mercury_production_[a-z]{3,6}_[A-Za-z0-9]{40,50}_yrucrem" "https://docs.mercury.com/";
    "midtrans-server-key" "Midtrans server key" ["Mid-server-"] r"(?:SB-)?Mid-server-[A-Za-z0-9_-]{10,30}" "https://docs.midtrans.com/";
    "paddle-key" "Paddle API key" ["pdl_live_apikey_", "pdl_sdbx_apikey_"] r"pdl_(?:live|sdbx)_apikey_[a-z0-9]{26}_[A-Za-z0-9]{22}_[A-Za-z0-9]{3}" "https://developer.paddle.com/api-reference/about/authentication";
    "persona-key" "Persona API key" ["persona_production_", "persona_sandbox_"] r"persona_(?:production|sandbox)_[a-z0-9_-]{20,80}" "https://docs.withpersona.com/";
    "polar-token" "Polar access token" ["polar_at_", "polar_oat_", "polar_pat_"] r"polar_(?:at|oat|pat)_[A-Za-z0-9_-]{20,100}" "https://polar.sh/docs/api-reference/introduction";
    "proof-key" "Proof API key" ["prf_"] r"prf_(?:cli_)?[A-Za-z0-9_-]{20,80}" "https://dev.proof.com/";
    "rainforest-key" "Rainforest Pay key" ["apikey_"] r"apikey_[A-Fa-f0-9]{64}" "https://docs.rainforestpay.com/";
    "xendit-key" "Xendit secret key" ["xnd_production_", "xnd_development_"] r"xnd_(?:production|development)_[A-Za-z0-9]{40,72}" "https://docs.xendit.co/";
    "woocommerce-secret" "WooCommerce consumer secret" ["cs_"] r"cs_[A-Fa-f0-9]{40}" "https://woocommerce.github.io/woocommerce-rest-api-docs/";
    "stripe-key-any" "Stripe key (organization)" ["sk_org_", "sk_prod_", "rk_prod_"] r"[rs]k_(?:org|prod)_(?:live_|test_)?[A-Za-z0-9]{10,120}" "https://docs.stripe.com/keys";
    "checkout-key" "Checkout.com secret key (first form)" ["sk_"] r"sk_(?:test_)?[0-9A-Fa-f]{8}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{12}" "https://www.checkout.com/docs/";
    "databento-key" "Databento API key" ["db-"] r"db-[A-Za-z0-9]{29}" "https://databento.com/docs/portal/api-keys";
}

formats! { MAIL Mail;
    "gc-notify-key" "Canada Notify API key" ["gcntfy-"] r"gcntfy-[A-Za-z0-9_]+-[0-9A-Fa-f]{8}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{12}-[0-9A-Fa-f]{8}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{12}" "https://documentation.notification.canada.ca/en/";
    "mailersend-key" "MailerSend token (any alphabet)" ["mlsn."] r"mlsn\.[A-Za-z0-9]{30,100}" "https://developers.mailersend.com/general.html#authentication";
    "nylas-v3-key" "Nylas v3 API key" ["nyk_"] r"nyk_[A-Za-z0-9_]{60,72}" "https://developer.nylas.com/docs/";
    "onesignal-rich-key" "OneSignal rich key" ["os_v2_app_", "os_v2_org_"] r"os_v2_(?:app|org)_[a-z2-7]{103}" "https://documentation.onesignal.com/docs/en/keys-and-ids";
    "sendgrid-any-case" "SendGrid API key (any case)" ["SG.", "sg."] r"(?i:sg)\.[A-Za-z0-9=_.-]{66}" "https://www.twilio.com/docs/sendgrid/ui/account-and-settings/api-keys";
}

formats! { DATA Data;
    "posthog-personal-key" "PostHog personal key (other lengths)" ["phx_", "phs_"] r"ph[xs]_[A-Za-z0-9_-]{40,50}" "https://posthog.com/docs/api";
    "supabase-any-token" "Supabase token (other alphabet)" ["sbp_"] r"sbp_[a-z0-9_-]{40}" "https://supabase.com/docs/guides/api/api-keys";
    "elastic-cloud-url-key" "Elastic Cloud API key (url form)" ["essu_"] r"essu_[A-Za-z0-9_-]{60,200}={0,2}" "https://www.elastic.co/docs/deploy-manage/api-keys/elastic-cloud-api-keys";
    "neon-key-mixed" "Neon API key (mixed case)" ["napi_"] r"napi_[A-Za-z0-9]{64}" "https://neon.com/docs/manage/api-keys";
    "astra-token-any" "DataStax Astra token (other lengths)" ["AstraCS:"] r"AstraCS:[A-Za-z0-9]{20,32}(?::[A-Za-z0-9]{32,80})?" "https://docs.datastax.com/en/astra-db-serverless/";
    "tableau-token" "Tableau personal access token" @ 22 ["==:"] r"[A-Za-z0-9+/]{22}==:[A-Za-z0-9]{32}" "https://help.tableau.com/current/server/en-us/security_personal_access_tokens.htm";
    "gcp-adc-refresh-token" "Google Cloud default credentials" ["\"refresh_token\""] r#""refresh_token"\s*:\s*"(1/[A-Za-z0-9_/-]{20,200})""# "https://cloud.google.com/docs/authentication/application-default-credentials";
    "redirect-pizza-token" "Redirect.pizza token" ["rpa_"] r"rpa_[A-Za-z0-9]{30}" "https://redirect.pizza/docs";
}

formats! { BUSINESS Business;
    "pinterest-token" "Pinterest access token" ["pina_"] r"pina_[A-Za-z0-9_-]{20,200}" "https://developers.pinterest.com/docs/getting-started/authentication/";
    "samsara-token" "Samsara API token" ["samsara_api_"] r"samsara_api_[A-Za-z0-9]{26,32}" "https://developers.samsara.com/docs/authentication";
    "workato-token" "Workato developer token" ["wrka"] r"wrka(?:[a-z]{2})?-eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{16,}\.[A-Za-z0-9_-]{64,}" "https://docs.workato.com/workato-api.html";
    "zoho-zapi-key" "Zoho ZAPI key" ["1001.", "1003."] r"1001\.[A-Fa-f0-9]{32}\.[A-Fa-f0-9]{32}|1003\.[A-Fa-f0-9]{32,64}" "https://www.zoho.com/";
    "miro-access-token" "Miro access token" ["eyJtaXJv"] r"eyJtaXJv[A-Za-z0-9-]{10,64}_[A-Za-z0-9_-]{20,64}" "https://developers.miro.com/docs/";
    "hubspot-legacy-key" "HubSpot API key (first form)" @ 16 ["hubspot"] r"(?i:hubspot)[\s\S]{0,40}?[=:,]\s*[\x22']?([A-Fa-f0-9]{8}-[A-Fa-f0-9]{4}-[A-Fa-f0-9]{4}-[A-Fa-f0-9]{4}-[A-Fa-f0-9]{12})" "https://developers.hubspot.com/docs/";
}
