//! An address as far as it is known.

/// What is known of a URL.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Address {
    /// Its start, as far as it is constant.
    pub text: String,
    /// True when `text` is the whole.
    pub complete: bool,
    /// The environment variable that may give another one.
    pub variable: Option<String>,
}

impl Address {
    pub(super) fn constant(text: impl Into<String>) -> Self {
        Self {
            text: text.into(),
            complete: true,
            variable: None,
        }
    }

    pub(super) fn cut(mut self) -> Self {
        self.complete = false;
        self
    }

    /// Scheme and what follows `://`.
    fn split(&self) -> Option<(&str, &str)> {
        self.text.split_once("://")
    }

    /// The host in lower case, where all of it is known.
    pub(crate) fn host(&self) -> Option<String> {
        let (_, rest) = self.split()?;
        let end = rest.find(['/', '?', '#']);
        if end.is_none() && !self.complete {
            // A host that its port follows is whole; else what follows is a path, unless the host breaks off: `https://api.{tenant}`.
            let port = rest.contains(':');
            let last = rest.rsplit_once('.').map_or("", |(_, last)| last);
            let ends = last.len() >= 2 && last.chars().all(|c| c.is_ascii_alphanumeric());
            (port || ends).then_some(())?;
        }
        let authority = rest.get(..end.unwrap_or(rest.len()))?;
        let bare = authority.rsplit('@').next()?;
        let host = match bare.strip_prefix('[') {
            Some(six) => six.split(']').next()?,
            None => bare.split(':').next()?,
        };
        (!host.is_empty()).then(|| host.trim_end_matches('.').to_ascii_lowercase())
    }

    /// The port, where one is written.
    pub(crate) fn port(&self) -> Option<u16> {
        let (_, rest) = self.split()?;
        let authority = rest.split(['/', '?', '#']).next()?;
        authority.rsplit_once(':')?.1.parse().ok()
    }

    /// The scheme in lower case.
    pub(crate) fn scheme(&self) -> Option<String> {
        self.split().map(|(scheme, _)| scheme.to_ascii_lowercase())
    }

    /// The path, where all of it is constant: whatever a query after it holds.
    pub(crate) fn whole_path(&self) -> Option<&str> {
        let ended = self.host().is_some() && self.text.contains(['?', '#']);
        ((self.complete || ended) && self.variable.is_none()).then(|| self.path())
    }

    /// Whether what is added to it is of its query: scheme, host and path do not change any more.
    pub(super) fn is_settled(&self) -> bool {
        self.split()
            .is_some_and(|(_, rest)| rest.contains(['?', '#']))
    }

    /// The constant start of the path, without query.
    pub(crate) fn path(&self) -> &str {
        let rest = self.split().map_or(self.text.as_str(), |(_, rest)| rest);
        let path = rest.find('/').and_then(|at| rest.get(at..)).unwrap_or("/");
        path.split(['?', '#']).next().unwrap_or("/")
    }
}
