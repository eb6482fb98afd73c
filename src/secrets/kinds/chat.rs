//! Chat and collaboration messages.

formats! { FORMATS Chat;
    "slack-token" "Slack token" ["xoxb-", "xoxp-", "xoxa-", "xoxr-", "xoxo-", "xoxs-"] r"xox[bparos]-(?:\d-)?[0-9A-Za-z]{6,15}-[0-9A-Za-z-]{12,160}" "https://api.slack.com/concepts/token-types";
    "slack-browser-token" "Slack browser session token" ["xoxc-", "xoxd-"] r"xoxc-[0-9-]{20,60}-[A-Fa-f0-9]{64}|xoxd-[A-Za-z0-9%/+=]{60,300}" "https://api.slack.com/concepts/token-types";
    "slack-app-token" "Slack app-level token" ["xapp-"] r"xapp-\d{1,3}-[0-9A-Za-z]{9,15}-[0-9A-Za-z]{10,15}-[0-9A-Za-z]{10,80}" "https://api.slack.com/concepts/token-types";
    "slack-config-token" "Slack configuration token" ["xoxe"] r"xoxe\.xox[bparose]-\d-[A-Za-z0-9]{140,180}|xoxe-\d-[A-Za-z0-9]{130,160}" "https://api.slack.com/concepts/token-types";
    "slack-webhook" "Slack webhook address" ["https://hooks.slack.com/"] r"https://hooks\.slack\.com/(?:services|workflows|triggers)/([A-Za-z0-9_-]{8,14}/[A-Za-z0-9_-]{8,20}/[A-Za-z0-9_-]{20,48})" "https://api.slack.com/messaging/webhooks";
    "discord-webhook" "Discord webhook address" @ 40 ["/api/webhooks/"] r"https://(?:(?:ptb|canary)\.)?discord(?:app)?\.com/api/(?:v\d+/)?webhooks/(\d{17,20}/[A-Za-z0-9_-]{60,80})" "https://discord.com/developers/docs/resources/webhook";
    "discord-bot-token" "Discord bot token" @ 40 ["discord", "bot_token", "bot-token", "bottoken", "client.run("] r"\b([MNO][A-Za-z0-9_-]{23,27}\.[A-Za-z0-9_-]{6}\.[A-Za-z0-9_-]{27,38})" "https://discord.com/developers/docs/reference#authentication";
    "telegram-bot-token" "Telegram bot token" @ 12 [":AA"] r"\b(\d{8,10}:AA[A-Za-z0-9_-]{33})" "https://core.telegram.org/bots/api#authorizing-your-bot";
    "telegram-bot-address" "Telegram bot token in an address" ["api.telegram.org/"] r"api\.telegram\.org/(?:file/)?bot(\d{8,10}:[A-Za-z0-9_-]{35})\b" "https://core.telegram.org/bots/api#making-requests";
    "telegram-api-hash" "Telegram API hash" @ 20 ["api_hash", "API_HASH", "apiHash"] r#"\w{0,16}(?:api_hash|API_HASH|apiHash)["']?\s*[:=]\s*["']?([0-9a-f]{32})\b"# "https://core.telegram.org/api/obtaining_api_id";
    "teams-webhook" "Microsoft Teams webhook address" @ 64 [".webhook.office.com/", "outlook.office.com/webhook"] r"https://(?:[a-z0-9-]+\.webhook|outlook)\.office\.com/webhook(?:b2)?/([A-Za-z0-9-]{36}@[A-Za-z0-9-]{36}/IncomingWebhook/[A-Za-z0-9]{32}/[A-Za-z0-9-]{36}(?:/[A-Za-z0-9_-]+)?)" "https://learn.microsoft.com/en-us/microsoftteams/platform/webhooks-and-connectors/how-to/add-incoming-webhook";
    "google-chat-webhook" "Google Chat webhook address" ["https://chat.googleapis.com/v1/spaces/"] r"https://chat\.googleapis\.com/v1/spaces/[A-Za-z0-9_-]+/messages\?key=[A-Za-z0-9_-]+&token=([A-Za-z0-9_%-]{20,})" "https://developers.google.com/workspace/chat/quickstart/webhooks";
    "zapier-webhook" "Zapier webhook address" ["https://hooks.zapier.com/hooks/catch/"] r"https://hooks\.zapier\.com/hooks/catch/(\d{4,10}/[A-Za-z0-9]{5,12})" "https://help.zapier.com/hc/en-us/articles/8496288690317";
    "zapier-webhook-path" "Zapier webhook address (other form)" ["https://hooks.zapier.com/hooks/catch/"] r"https://hooks\.zapier\.com/hooks/catch/([A-Za-z0-9/]{16,24})" "https://help.zapier.com/hc/en-us/articles/8496288690317";
    "tines-webhook" "Tines webhook address" @ 80 [".tines.com/webhook"] r"https://[A-Za-z0-9-]+\.tines\.com/webhook/([a-z0-9]{32}/[a-z0-9]{32})" "https://www.tines.com/docs/actions/types/webhook/";
}

named! { NAMED Chat;
    "discord-client-secret" "Discord client secret" ["discord"] Word 32 32; "https://discord.com/developers/docs/topics/oauth2";
    "telegram-webhook-secret" "Telegram webhook secret" ["telegram-bot-api-secret-token", "telegram_webhook_secret", "telegram-webhook-secret"] Word 16 256; "https://core.telegram.org/bots/api#setwebhook";
    "telegram-token" "Telegram bot token (any form)" ["telegram", "tgram"] Word 35 35; "https://core.telegram.org/bots/api#authorizing-your-bot";
    "line-channel-token" "LINE channel token" ["line_channel", "line-channel", "linechannel", "line_access", "line_secret", "line token", "line key", "line access", "line_token", "line secret"] Base64 168 174 | Hex 32 32; "https://developers.line.biz/en/docs/messaging-api/channel-access-tokens/";
    "line-notify-token" "LINE Notify token" ["linenotify", "line_notify"] Alnum 43 43; "https://developers.line.biz/en/docs/";
    "mattermost-token" "Mattermost token" ["mattermost"] Lower 26 26; "https://developers.mattermost.com/integrate/reference/personal-access-token/";
    "zulip-api-key" "Zulip API key" ["zulip"] Alnum 32 32; "https://zulip.com/api/api-keys";
    "rocketchat-token" "RocketChat token" ["rocketchat", "rocket_chat"] Word 43 43; "https://developer.rocket.chat/";
    "intercom-token" "Intercom access token" ["intercom"] Base64 60 60; "https://developers.intercom.com/docs/build-an-integration/learn-more/authentication";
    "helpcrunch-key" "HelpCrunch key" ["helpcrunch"] Base64 328 328; "https://docs.helpcrunch.com/";
    "zendesk-token" "Zendesk API token" ["zendesk"] Alnum 40 40; "https://developer.zendesk.com/api-reference/introduction/security-and-auth/";
    "freshdesk-key" "Freshdesk key" ["freshdesk", "freshworks"] Alnum 20 20; "https://developers.freshdesk.com/api/#authentication";
    "helpscout-secret" "HelpScout secret" ["helpscout", "help_scout"] Lower 40 40 | Alnum 32 32; "https://developer.helpscout.com/mailbox-api/overview/authentication/";
    "groovehq-token" "GrooveHQ token" ["groove"] Alnum 64 64; "https://www.groovehq.com/docs/authentication";
    "front-token" "Front API token" ["front"] Dotted 225 290; "https://dev.frontapp.com/docs/authentication";
    "sendbird-token" "Sendbird API token" ["sendbird"] Hex 40 40 | Hex 24 24; "https://sendbird.com/docs/chat/platform-api/v3/prepare-to-use-api";
    "chatfuel-token" "Chatfuel token" ["chatfuel"] Alnum 128 128; "https://docs.chatfuel.com/";
    "twitch-token" "Twitch access token" ["twitch"] Lower 30 30; "https://dev.twitch.tv/docs/authentication/";
    "facebook-app-secret" "Facebook app secret" ["facebook", "fb_app", "fb_secret", "fb_api", "meta_app", "fb."] Hex 32 32 | Lower 32 32; "https://developers.facebook.com/docs/facebook-login/security/";
    "twitter-secret" "Twitter API secret" ["twitter", "x_api_secret"] Alnum 35 50 | Alnum 18 25 | Dotted 80 120; "https://docs.x.com/resources/fundamentals/authentication/overview";
    "linkedin-secret" "LinkedIn client secret" ["linkedin"] Alnum 16 16; "https://learn.microsoft.com/en-us/linkedin/shared/authentication/authentication";
    "viber-token" "Viber token" ["viber"] Word 50 50; "https://developers.viber.com/docs/api/rest-bot-api/";
    "teletype-key" "Teletype key" ["teletype"] Word 64 64; "https://teletype.app/help/api/";
    "disqus-key" "Disqus API key" ["disqus"] Alnum 64 64; "https://disqus.com/api/docs/auth/";
    "pipedream-key" "Pipedream API key" ["pipedream"] Lower 32 32; "https://pipedream.com/docs/rest-api/auth";
    "dailyco-key" "DailyCo API key" ["daily"] Hex 64 64; "https://docs.daily.co/reference/rest-api/authentication";
    "spotify-secret" "Spotify client secret" ["spotify"] Lower 32 32; "https://developer.spotify.com/documentation/web-api/concepts/authorization";
    "flickr-key" "Flickr API key" ["flickr"] Lower 32 32; "https://www.flickr.com/services/api/";
    "foursquare-secret" "Foursquare secret" ["foursquare"] Upper 48 48; "https://docs.foursquare.com/";
    "podio-secret" "Podio secret" ["podio"] Lower 32 32 | Alnum 64 64; "https://developers.podio.com/authentication";
    "audd-token" "AudD token" ["audd"] Lower 32 32; "https://docs.audd.io/";
}
