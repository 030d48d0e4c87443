"""Approvals, the rules that ask for them, and the templates of the rules."""

import json

from .repository import Repository
from .story import FOREIGN_TOKEN, Story, client, unique, user

GATE = "arn:aws:sts::000000000000:assumed-role/Gate/reporter"
NO_REVISION = "0" * 64


def content(needed: int, *members: str) -> str:
    statement = {"Type": "Approvers", "NumberOfApprovalsNeeded": needed}
    if members:
        statement["ApprovalPoolMembers"] = list(members)
    return json.dumps({"Version": "2018-11-08", "Statements": [statement]})


class Approvals(Story):
    def setUp(self):
        self.repository = Repository()
        self.api = self.repository.api
        opened = self.repository.opened()
        self.it = {"pullRequestId": opened["pullRequestId"]}
        self.live = {**self.it, "revisionId": opened["revisionId"]}
        self.rule = {**self.it, "approvalRuleName": "The gate"}

    def evaluation(self) -> dict:
        return self.api.evaluate_pull_request_approval_rules(**self.live)["evaluation"]

    def test_only_a_member_of_the_pool_satisfies_a_rule(self):
        pool = "arn:aws:sts::000000000000:assumed-role/Gate/*"
        made = self.api.create_pull_request_approval_rule(
            **self.rule, approvalRuleContent=content(1, pool)
        )["approvalRule"]
        self.assertEqual(made["lastModifiedUser"], user("ann"))
        ben, gate = client("codecommit", "ben"), client("codecommit", "gate")
        ben.update_pull_request_approval_state(**self.live, approvalState="APPROVE")
        self.assertEqual(self.evaluation()["approvalRulesNotSatisfied"], ["The gate"])
        gate.update_pull_request_approval_state(**self.live, approvalState="APPROVE")
        self.assertTrue(self.evaluation()["approved"])
        states = self.api.get_pull_request_approval_states(**self.live)["approvals"]
        self.assertEqual({state["userArn"] for state in states}, {user("ben"), GATE})
        gate.update_pull_request_approval_state(**self.live, approvalState="REVOKE")
        self.assertFalse(self.evaluation()["approved"])
        self.refused(
            "PullRequestApprovalRulesNotSatisfiedException",
            self.api.merge_pull_request_by_squash,
            **self.it,
            repositoryName=self.repository.name,
        )

    def test_rules_can_be_set_aside(self):
        self.assertFalse(self.api.get_pull_request_override_state(**self.live)["overridden"])
        ben = client("codecommit", "ben")
        ben.override_pull_request_approval_rules(**self.live, overrideStatus="OVERRIDE")
        state = self.api.get_pull_request_override_state(**self.live)
        self.assertEqual((state["overridden"], state["overrider"]), (True, user("ben")))
        self.assertTrue(self.evaluation()["overridden"])
        self.refused(
            "OverrideAlreadySetException",
            self.api.override_pull_request_approval_rules,
            **self.live,
            overrideStatus="OVERRIDE",
        )
        ben.override_pull_request_approval_rules(**self.live, overrideStatus="REVOKE")
        self.assertFalse(self.evaluation()["overridden"])

    def test_refuses_an_approval_by_the_author_or_of_another_revision(self):
        self.refused(
            "PullRequestCannotBeApprovedByAuthorException",
            self.api.update_pull_request_approval_state,
            **self.live,
            approvalState="APPROVE",
        )
        stale = {**self.it, "revisionId": NO_REVISION}
        ben = client("codecommit", "ben")
        self.refused(
            "RevisionNotCurrentException",
            ben.update_pull_request_approval_state,
            **stale,
            approvalState="APPROVE",
        )
        self.refused(
            "RevisionNotCurrentException", self.api.evaluate_pull_request_approval_rules, **stale
        )
        broken = {**self.it, "revisionId": "head"}
        code = "InvalidRevisionIdException"
        self.refused(code, self.api.get_pull_request_approval_states, **broken)
        self.refused(code, self.api.get_pull_request_override_state, **broken)

    def test_a_rule_is_changed_and_deleted(self):
        made = self.api.create_pull_request_approval_rule(
            **self.rule, approvalRuleContent=content(1)
        )["approvalRule"]
        changed = self.api.update_pull_request_approval_rule_content(
            **self.rule,
            newRuleContent=content(2),
            existingRuleContentSha256=made["ruleContentSha256"],
        )["approvalRule"]
        self.assertEqual(changed["approvalRuleContent"], content(2))
        self.refused(
            "InvalidRuleContentSha256Exception",
            self.api.update_pull_request_approval_rule_content,
            **self.rule,
            newRuleContent=content(3),
            existingRuleContentSha256=made["ruleContentSha256"],
        )
        deleted = self.api.delete_pull_request_approval_rule(**self.rule)
        self.assertEqual(deleted["approvalRuleId"], made["approvalRuleId"])

    def test_refuses_a_rule_twice_and_one_that_says_nothing(self):
        self.api.create_pull_request_approval_rule(**self.rule, approvalRuleContent=content(1))
        self.refused(
            "ApprovalRuleNameAlreadyExistsException",
            self.api.create_pull_request_approval_rule,
            **self.rule,
            approvalRuleContent=content(1),
        )
        self.refused(
            "InvalidApprovalRuleContentException",
            self.api.create_pull_request_approval_rule,
            **self.it,
            approvalRuleName="Nothing",
            approvalRuleContent="{}",
        )


class Templates(Story):
    def setUp(self):
        self.api = client("codecommit")
        self.name = unique("template")
        self.it = {"approvalRuleTemplateName": self.name}

    def create(self, name: str | None = None) -> dict:
        return self.api.create_approval_rule_template(
            approvalRuleTemplateName=name or self.name,
            approvalRuleTemplateContent=content(1),
            approvalRuleTemplateDescription="For stories",
        )["approvalRuleTemplate"]

    def test_a_template_is_created_changed_and_deleted(self):
        made = self.create()
        found = self.api.get_approval_rule_template(**self.it)["approvalRuleTemplate"]
        self.assertEqual(found, made)
        changed = self.api.update_approval_rule_template_content(
            **self.it, newRuleContent=content(2)
        )["approvalRuleTemplate"]
        self.assertEqual(changed["approvalRuleTemplateContent"], content(2))
        deleted = self.api.delete_approval_rule_template(**self.it)
        self.assertEqual(deleted["approvalRuleTemplateId"], made["approvalRuleTemplateId"])
        missing = "ApprovalRuleTemplateDoesNotExistException"
        self.refused(missing, self.api.get_approval_rule_template, **self.it)
        self.refused(
            missing,
            self.api.update_approval_rule_template_content,
            **self.it,
            newRuleContent=content(1),
        )

    def test_pull_requests_are_born_with_the_rules_of_associated_templates(self):
        self.create()
        repository = Repository()
        pair = {**self.it, "repositoryName": repository.name}
        self.api.associate_approval_rule_template_with_repository(**pair)
        opened = repository.opened()
        rule = opened["approvalRules"][0]
        self.assertEqual(
            rule["originApprovalRuleTemplate"]["approvalRuleTemplateName"], self.name
        )
        born = {
            "pullRequestId": opened["pullRequestId"],
            "approvalRuleName": rule["approvalRuleName"],
        }
        self.refused(
            "CannotDeleteApprovalRuleFromTemplateException",
            self.api.delete_pull_request_approval_rule,
            **born,
        )
        self.refused(
            "CannotModifyApprovalRuleFromTemplateException",
            self.api.update_pull_request_approval_rule_content,
            **born,
            newRuleContent=content(2),
        )
        self.refused(
            "ApprovalRuleTemplateInUseException",
            self.api.delete_approval_rule_template,
            **self.it,
        )
        self.api.disassociate_approval_rule_template_from_repository(**pair)
        self.assertEqual(repository.opened()["approvalRules"], [])

    def test_templates_and_repositories_are_listed_in_pages(self):
        names = [self.name, unique("template"), unique("template")]
        repositories = [Repository().name for _ in range(3)]
        for name in names:
            self.create(name)
            self.associate(name, repositories[0])
        for repository in repositories[1:]:
            self.associate(self.name, repository)
        size = {"limit": "maxResults"}
        every = self.read_over_pages(
            self.api, "list_approval_rule_templates", "approvalRuleTemplateNames", **size
        )
        self.assertEqual(len(every), len(set(every)))
        self.assertLessEqual(set(names), set(every))
        associated = self.read_over_pages(
            self.api,
            "list_associated_approval_rule_templates_for_repository",
            "approvalRuleTemplateNames",
            **size,
            repositoryName=repositories[0],
        )
        self.assertEqual(sorted(associated), sorted(names))
        using = self.read_over_pages(
            self.api,
            "list_repositories_for_approval_rule_template",
            "repositoryNames",
            **size,
            **self.it,
        )
        self.assertEqual(sorted(using), sorted(repositories))

    def associate(self, template: str, repository: str) -> None:
        self.api.associate_approval_rule_template_with_repository(
            approvalRuleTemplateName=template, repositoryName=repository
        )

    def test_refuses_templates_and_repositories_that_are_not_there(self):
        made = self.create()
        self.refused(
            "ApprovalRuleTemplateNameAlreadyExistsException",
            self.api.create_approval_rule_template,
            **self.it,
            approvalRuleTemplateContent=made["approvalRuleTemplateContent"],
        )
        nowhere = {**self.it, "repositoryName": "nowhere"}
        code = "RepositoryDoesNotExistException"
        self.refused(code, self.api.associate_approval_rule_template_with_repository, **nowhere)
        self.refused(
            code, self.api.disassociate_approval_rule_template_from_repository, **nowhere
        )
        foreign = {"nextToken": FOREIGN_TOKEN}
        code = "InvalidContinuationTokenException"
        self.refused(code, self.api.list_approval_rule_templates, **foreign)
        self.refused(
            code, self.api.list_repositories_for_approval_rule_template, **self.it, **foreign
        )
        self.refused(
            code,
            self.api.list_associated_approval_rule_templates_for_repository,
            repositoryName=Repository().name,
            **foreign,
        )
