//! Headers of every request: those of the settings, and a token that may change while the program runs.

use ::http::{HeaderMap, HeaderName, HeaderValue, header};
use spawn_config::OtlpSettings;

use super::super::Trouble;

/// What is sent along.
#[derive(Debug)]
pub(super) struct Headers {
    fixed: HeaderMap,
    token: Option<Token>,
}

#[derive(Debug)]
struct Token {
    header: HeaderName,
    file: String,
}

impl Headers {
    pub(super) fn new(settings: &OtlpSettings) -> Result<Self, Trouble> {
        let mut fixed = HeaderMap::new();
        for (name, value) in settings.headers.iter() {
            fixed.append(
                self::name(name)?,
                secret(value).ok_or_else(|| unusable(&format!("the value of header {name}")))?,
            );
        }
        let token = match &settings.token_file {
            None => None,
            Some(file) => {
                let header = settings.token_header.as_deref().map_or(Ok(header::AUTHORIZATION), name)?;
                Some(Token { header, file: file.clone() })
            }
        };
        Ok(Self { fixed, token })
    }

    /// The headers of a request that is sent now. The token is read each time: whoever renews it need not tell.
    pub(super) fn now(&self) -> Result<HeaderMap, Trouble> {
        let mut headers = self.fixed.clone();
        if let Some(Token { header, file }) = &self.token {
            let token = std::fs::read_to_string(file).map_err(|error| Trouble {
                lasting: true,
                after: None,
                what: format!("the token file {file} cannot be read: {error}"),
                remedy: "write the token there, readable by this program, or unset `token_file`".to_owned(),
            })?;
            let token = token.trim();
            let value = if *header == header::AUTHORIZATION && !token.contains(' ') {
                format!("Bearer {token}")
            } else {
                token.to_owned()
            };
            let value = secret(&value).ok_or_else(|| unusable(&format!("the token in {file}")))?;
            headers.insert(header.clone(), value);
        }
        Ok(headers)
    }
}

fn name(name: &str) -> Result<HeaderName, Trouble> {
    HeaderName::try_from(name).map_err(|_| unusable(&format!("the header name {name:?}")))
}

/// A value that no log and no `Debug` shows.
fn secret(value: &str) -> Option<HeaderValue> {
    let mut value = HeaderValue::from_str(value).ok()?;
    value.set_sensitive(true);
    Some(value)
}

fn unusable(what: &str) -> Trouble {
    Trouble {
        lasting: true,
        after: None,
        what: format!("{what} cannot be sent to the OTLP receiver"),
        remedy: "use visible ASCII characters only".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_read_anew_for_each_request() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("token");
        let settings = OtlpSettings { token_file: Some(file.to_str().unwrap().to_owned()), ..OtlpSettings::default() };
        let headers = Headers::new(&settings).unwrap();
        assert!(headers.now().is_err());
        for token in ["first\n", "second"] {
            std::fs::write(&file, token).unwrap();
            let expected = format!("Bearer {}", token.trim());
            assert_eq!(headers.now().unwrap()[header::AUTHORIZATION], *expected);
        }
    }

    #[test]
    fn a_token_goes_as_it_is_into_a_header_of_its_own() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("token");
        std::fs::write(&file, "abc\n").unwrap();
        let settings = OtlpSettings {
            token_file: Some(file.to_str().unwrap().to_owned()),
            token_header: Some("x-api-key".to_owned()),
            ..OtlpSettings::default()
        };
        let now = Headers::new(&settings).unwrap().now().unwrap();
        assert_eq!(now["x-api-key"], "abc");
        assert!(!format!("{now:?}").contains("abc"), "{now:?}");
    }
}
