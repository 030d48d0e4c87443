//! The partitions of AWS, which share nothing but software: how hosts are called in each. No other place knows them.

/// One of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Partition {
    /// The end of the names of its services' hosts.
    pub suffix: &'static str,
    /// The host of its console, behind the Region's name.
    pub console: &'static str,
}

const STANDARD: Partition = Partition {
    suffix: "amazonaws.com",
    console: "console.aws.amazon.com",
};

const CHINA: Partition = Partition {
    suffix: "amazonaws.com.cn",
    console: "console.amazonaws.cn",
};

const GOV_CLOUD: Partition = Partition {
    suffix: "amazonaws.com",
    console: "console.amazonaws-us-gov.com",
};

/// The partition that a Region is in, by the start of its name.
pub fn of(region: &str) -> Partition {
    match region {
        _ if region.starts_with("cn-") => CHINA,
        _ if region.starts_with("us-gov-") => GOV_CLOUD,
        _ => STANDARD,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_and_consoles_are_those_of_the_regions_partition() {
        let names = |region| (of(region).suffix, of(region).console);
        assert_eq!(
            names("eu-central-1"),
            ("amazonaws.com", "console.aws.amazon.com")
        );
        assert_eq!(
            names("cn-north-1"),
            ("amazonaws.com.cn", "console.amazonaws.cn")
        );
        assert_eq!(
            names("us-gov-west-1"),
            ("amazonaws.com", "console.amazonaws-us-gov.com")
        );
    }
}
