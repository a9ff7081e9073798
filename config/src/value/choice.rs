//! Settings that are one word out of a few.

use crate::ValueError;
use crate::escape::did_you_mean;

/// Declares an enum whose variants are words: parsed, printed and listed from one place.
macro_rules! choice {
    (
        $(#[$doc:meta])*
        $name:ident, $expected:literal { $( $(#[$variant_doc:meta])* $variant:ident = $word:literal $(| $alias:literal)* , )+ }
    ) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum $name { $( $(#[$variant_doc])* $variant, )+ }

        impl $name {
            /// The words of all variants, in the order of their declaration.
            pub const WORDS: &'static [&'static str] = &[$($word),+];

            /// The word, as tags, YAML and the environment spell it.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $( Self::$variant => $word, )+ }
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.pad(self.as_str())
            }
        }

        impl std::str::FromStr for $name {
            type Err = ValueError;

            fn from_str(text: &str) -> Result<Self, ValueError> {
                match text {
                    $( $word $(| $alias)* => Ok(Self::$variant), )+
                    other => Err(ValueError::expected(match did_you_mean(other, Self::WORDS.iter().copied()) {
                        Some(word) => format!("{} (did you mean `{word}`?)", $expected).into(),
                        None => std::borrow::Cow::Borrowed($expected),
                    })),
                }
            }
        }
    };
}

choice! {
    /// Where finished spans go.
    ExporterKind, "`xray`, `otlp`, `stdout` or `none`" {
        /// AWS X-Ray's API, without a daemon.
        XRay = "xray",
        /// Any OTLP receiver, by gRPC or HTTP.
        Otlp = "otlp",
        /// One JSON object a line on stderr.
        Stdout = "stdout",
        /// Nowhere: spans exist only so that log lines carry their ids.
        None = "none",
    }
}

choice! {
    /// Who decides whether a trace that starts here is kept.
    SamplerKind, "`ratio` or `xray`" {
        /// A share of the trace ids.
        Ratio = "ratio",
        /// The sampling rules of the account in X-Ray.
        XRay = "xray",
    }
}

choice! {
    /// How the tasks of a job array hang together in traces.
    Topology, "`auto`, `joined` or `linked`" {
        /// `Joined` for small arrays, `Linked` for large ones.
        Auto = "auto",
        /// Every task is a child in the launcher's trace.
        Joined = "joined",
        /// Every attempt of a task is a trace of its own, linked to the array's trace.
        Linked = "linked",
    }
}

choice! {
    /// The wire form of OTLP.
    OtlpProtocol, "`grpc`, `http` (protobuf) or `http/json`" {
        /// gRPC, by custom on port 4317.
        Grpc = "grpc",
        /// Protobuf over HTTP, by custom on port 4318.
        Http = "http" | "http/protobuf",
        /// JSON over HTTP, for receivers that take nothing else.
        HttpJson = "http/json",
    }
}

choice! {
    /// How OTLP bodies are compressed.
    Compression, "`gzip` or `none`" {
        /// As they are.
        None = "none",
        /// With gzip.
        Gzip = "gzip",
    }
}

choice! {
    /// What the agent does with its host when the work is done, the host is idle or its time is up.
    OnComplete, "`terminate`, `stop`, `hibernate` or `exit`" {
        /// Terminates the instance.
        Terminate = "terminate",
        /// Stops the instance.
        Stop = "stop",
        /// Hibernates the instance.
        Hibernate = "hibernate",
        /// Leaves the host alone and ends the agent.
        Exit = "exit",
    }
}

choice! {
    /// Which terminals keep a host from being idle.
    Sessions, "`open`, `used` or `ignore`" {
        /// Every terminal that is open, also one that nobody looks at.
        Open = "open",
        /// A terminal that somebody typed in or that a program wrote to.
        Used = "used",
        /// None.
        Ignore = "ignore",
    }
}

choice! {
    /// What the operator says about the kind of host.
    ProviderChoice, "`auto`, `ec2` or `local`" {
        /// Asks instance metadata, and is local if nothing answers.
        Auto = "auto",
        /// An EC2 instance: instance metadata must answer.
        Ec2 = "ec2",
        /// A host of one's own: instance metadata is never asked.
        Local = "local",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_word_is_printed_as_it_is_read() {
        for word in ExporterKind::WORDS {
            assert_eq!(word.parse::<ExporterKind>().unwrap().to_string(), *word);
        }
        assert_eq!("http/protobuf".parse::<OtlpProtocol>(), Ok(OtlpProtocol::Http));
    }

    #[test]
    fn a_slip_is_answered_with_the_nearest_word() {
        assert_eq!(
            "x-ray".parse::<ExporterKind>().unwrap_err().to_string(),
            "expected `xray`, `otlp`, `stdout` or `none` (did you mean `xray`?)"
        );
        assert_eq!(
            "jaeger".parse::<ExporterKind>().unwrap_err().to_string(),
            "expected `xray`, `otlp`, `stdout` or `none`"
        );
    }
}
