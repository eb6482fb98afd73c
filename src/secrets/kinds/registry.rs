//! Package registries.

formats! { FORMATS Registry;
    "npm-token" "npm access token" ["npm_"] r"npm_[A-Za-z0-9]{36}" "https://docs.npmjs.com/about-access-tokens";
    "pypi-token" "PyPI API token" ["pypi-AgE"] r"pypi-AgE[A-Za-z0-9_-]{60,}" "https://pypi.org/help/#apitoken";
    "crates-io-token" "crates.io API token" ["cio"] r"cio[A-Za-z0-9]{32}" "https://doc.rust-lang.org/cargo/reference/publishing.html";
    "nuget-api-key" "NuGet API key" ["oy2"] r"oy2[a-z0-9]{43}" "https://learn.microsoft.com/en-us/nuget/nuget-org/scoped-api-keys";
    "rubygems-api-key" "RubyGems API key" ["rubygems_"] r"rubygems_[A-Fa-f0-9]{42,52}" "https://guides.rubygems.org/api-key-scopes/";
    "docker-hub-token" "Docker Hub personal access token" ["dckr_pat_", "dckr_oat_"] r"dckr_[po]at_[A-Za-z0-9_-]{24,36}" "https://docs.docker.com/security/for-developers/access-tokens/";
    "jfrog-api-key" "JFrog API key" ["AKCp", "AKC"] r"AKC[A-Za-z0-9]{64,74}" "https://jfrog.com/help/r/jfrog-platform-administration-documentation/api-key";
    "jfrog-reference-token" "JFrog reference token" ["cmVmdGtuO"] r"cmVmdGtuO[A-Za-z0-9+/]{50,60}" "https://jfrog.com/help/r/jfrog-platform-administration-documentation/access-tokens";
    "clojars-token" "Clojars deploy token" ["CLOJARS_"] r"CLOJARS_[A-Fa-f0-9]{60}" "https://github.com/clojars/clojars-web/wiki/Deploy-Tokens";
    "gemfury-token" "Gemfury token" ["fury_"] r"fury_[A-Za-z0-9_-]{20,64}" "https://gemfury.com/help/tokens/";
    "jsr-token" "JSR token" ["jsrp_", "jsrd_", "jsrt_"] r"jsr[pdt]_[A-Za-z0-9]{56,60}" "https://jsr.io/docs/api";
    "npmrc-auth" "npm registry credential" @ 0 ["_auth=", "_password="] r"_(?:auth|password)=\x22?([A-Za-z0-9+/]{16,200}={0,2})" "https://docs.npmjs.com/cli/configuring-npm/npmrc";
    "docker-config-auth" "Docker registry credential" @ 0 ["\"auth\""] r#""auth"\s*:\s*"([A-Za-z0-9+/]{20,400}={0,2})""# "https://docs.docker.com/reference/cli/docker/login/";
    "anaconda-token" "Anaconda token" ["/t/"] r"/t/([a-z]{2}-[A-Fa-f0-9]{8}-[A-Fa-f0-9]{4}-[A-Fa-f0-9]{4}-[A-Fa-f0-9]{4}-[A-Fa-f0-9]{12})" "https://docs.anaconda.com/";
}

named! { NAMED Registry;
    "npm-legacy-token" "npm token (first form)" ["_authtoken", "npm_token"] Uuid 36 36; "https://docs.npmjs.com/about-access-tokens";
    "nuget-legacy-key" "NuGet key (any prefix)" ["nuget"] Lower 46 46; "https://learn.microsoft.com/en-us/nuget/nuget-org/scoped-api-keys";
    "artifactory-token" "Artifactory token" ["artifactory", "jfrog"] Alnum 64 73 | Base64 64 64; "https://jfrog.com/help/r/jfrog-platform-administration-documentation/access-tokens";
    "dockerhub-token" "DockerHub token (first form)" ["dockerhub", "docker_hub", "docker hub"] Uuid 36 36; "https://docs.docker.com/security/for-developers/access-tokens/";
    "cloudsmith-key" "Cloudsmith API key" ["cloudsmith"] Hex 40 40; "https://help.cloudsmith.io/docs/api-key";
    "packagecloud-token" "PackageCloud token" ["packagecloud"] Hex 48 48; "https://packagecloud.io/docs/api";
    "quay-token" "Quay token" ["quay"] Alnum 40 40; "https://docs.quay.io/api/";
    "packagist-token" "Packagist token" ["packagist"] Alnum 20 20 | Hex 60 64; "https://packagist.org/apidoc";
    "vagrant-token" "Vagrant Cloud token" ["vagrant"] Dotted 90 90; "https://developer.hashicorp.com/vagrant/vagrant-cloud/api/v2";
}
