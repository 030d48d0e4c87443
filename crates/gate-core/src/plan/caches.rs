//! Caches that CodeBuild does not keep: asking it for one might have every build refused.

use super::{Note, Plan};
use crate::settings::RepositorySettings;

/// CodeBuild keeps no local cache on it (user guide, caching-local).
const TOO_LARGE: &str = "BUILD_GENERAL1_2XLARGE";

impl Plan {
    /// Leaves out the caches that builds cannot have by these settings, and says so.
    pub fn leave_out_caches(&mut self, settings: &RepositorySettings) {
        let keeps_none = settings.keeps_no_cache();
        let too_large = settings.compute_type == TOO_LARGE;
        let mut left_out = false;
        for check in &mut self.checks {
            let build = &mut check.settings;
            let asks = build.cache.as_ref().is_some_and(|modes| !modes.is_empty());
            if asks && (keeps_none || too_large && build.compute.is_none()) {
                build.cache = None;
                left_out = true;
            }
        }
        if left_out {
            self.notes.push(Note::NoCache);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use crate::{
        plan::{Note, Plan},
        rules::{CacheMode, Compute},
        samples::{plan_with, settings},
        settings::{RepositorySettings, Vpc},
    };

    fn with_cache(modes: &[CacheMode]) -> Plan {
        let mut plan = plan_with("", &[]);
        plan.checks[0].settings.cache = Some(modes.iter().copied().collect());
        plan
    }

    fn in_a_vpc() -> RepositorySettings {
        RepositorySettings {
            vpc: Some(Vpc {
                vpc_id: "vpc-1".to_owned(),
                subnet_ids: vec!["subnet-1".to_owned()],
                security_group_ids: vec!["sg-1".to_owned()],
            }),
            ..settings()
        }
    }

    #[test]
    fn no_cache_is_asked_for_where_codebuild_keeps_none() {
        let of = |environment: &str, compute: &str| RepositorySettings {
            environment_type: environment.to_owned(),
            compute_type: compute.to_owned(),
            ..settings()
        };
        let (small, largest) = ("BUILD_GENERAL1_SMALL", "BUILD_GENERAL1_2XLARGE");
        for without in [
            in_a_vpc(),
            of("LINUX_GPU_CONTAINER", small),
            of("ARM_LAMBDA_CONTAINER", "BUILD_LAMBDA_1GB"),
            of("LINUX_CONTAINER", largest),
        ] {
            let mut plan = with_cache(&[CacheMode::Custom]);
            plan.leave_out_caches(&without);
            assert_eq!(plan.checks[0].settings.cache, None, "{without:?}");
            assert_eq!(plan.notes, [Note::NoCache]);
        }
        let kept = Some(BTreeSet::from([CacheMode::Custom]));
        let mut plan = with_cache(&[CacheMode::Custom]);
        plan.leave_out_caches(&settings());
        assert_eq!(
            (&plan.checks[0].settings.cache, plan.notes.len()),
            (&kept, 0)
        );
        plan.checks[0].settings.compute = Some(Compute::Small);
        plan.leave_out_caches(&of("LINUX_CONTAINER", largest));
        assert_eq!(
            (&plan.checks[0].settings.cache, plan.notes.len()),
            (&kept, 0)
        );
    }

    #[test]
    fn nothing_is_said_where_no_cache_was_asked_for() {
        let mut plan = with_cache(&[]);
        plan.leave_out_caches(&in_a_vpc());
        assert_eq!(plan.checks[0].settings.cache, Some(BTreeSet::new()));
        assert_eq!(plan.notes, []);
    }
}
