"""Projects and their builds."""

from .builds import QUICK, SLOW, InProject
from .story import FOREIGN_TOKEN, unique

# CodeBuild's lists of projects and builds choose the size of their pages themselves.
PAGE = 100
MISSING = "nothing:00000000-0000-4000-8000-000000000000"


class Projects(InProject):
    def test_a_project_is_created_updated_and_deleted(self):
        created = self.create(
            description="For stories",
            badgeEnabled=True,
            timeoutInMinutes=20,
            tags=[{"key": "team", "value": "gate"}],
            logsConfig={"cloudWatchLogs": {"status": "ENABLED", "groupName": "mergegate"}},
        )
        self.assertEqual(created["timeoutInMinutes"], 20)
        self.assertIn("badgeRequestUrl", created["badge"])
        updated = self.api.update_project(name=self.project, description="Changed")["project"]
        self.assertEqual(updated["description"], "Changed")
        self.assertEqual(updated["badge"], created["badge"])
        found = self.api.batch_get_projects(names=[self.project, "nothing"])
        self.assertEqual(found["projects"], [updated])
        self.assertEqual(found["projectsNotFound"], ["nothing"])
        self.api.delete_project(name=self.project)
        self.refused(
            "ResourceNotFoundException", self.api.update_project, name=self.project
        )

    def test_refuses_a_project_twice_and_names_that_are_none(self):
        self.create()
        self.refused("ResourceAlreadyExistsException", self.create)
        self.refused("InvalidInputException", self.create, name="repository.with.dots")
        careless = self.careless()
        self.refused("InvalidInputException", careless.delete_project)
        self.refused("InvalidInputException", careless.batch_get_projects)

    def test_all_projects_are_listed(self):
        names = [f"{self.project}-{number:03}" for number in range(2 * PAGE + 1)]
        for name in names:
            self.create(name)
        found = self.read_over_pages(self.api, "list_projects", "projects", size=PAGE)
        self.assertEqual(len(found), len(set(found)))
        self.assertLessEqual(set(names), set(found))
        self.refused("InvalidInputException", self.api.list_projects, nextToken=FOREIGN_TOKEN)


class Builds(InProject):
    def test_a_build_runs_and_is_run_again(self):
        self.create()
        variable = {"name": "COLOUR", "value": "green", "type": "PLAINTEXT"}
        build = self.api.start_build(**self.it, environmentVariablesOverride=[variable])["build"]
        self.assertEqual(build["buildStatus"], "IN_PROGRESS")
        self.assertIn(variable, build["environment"]["environmentVariables"])
        done = self.succeeded(build["id"])
        self.assertEqual(done["phases"][-1]["phaseType"], "COMPLETED")
        again = self.api.retry_build(id=build["id"])["build"]
        self.assertEqual(again["buildNumber"], build["buildNumber"] + 1)
        self.succeeded(again["id"])
        deleted = self.api.batch_delete_builds(ids=[build["id"]])
        self.assertEqual(deleted["buildsDeleted"], [build["arn"]])
        found = self.api.batch_get_builds(ids=[build["id"], again["id"]])
        self.assertEqual([one["id"] for one in found["builds"]], [again["id"]])
        self.assertEqual(found["buildsNotFound"], [build["id"]])

    def test_a_build_that_fails_says_where(self):
        self.create(source={"type": "NO_SOURCE", "buildspec": QUICK + "      - exit 3\n"})
        failed = self.completed(self.start())
        self.assertEqual(failed["buildStatus"], "FAILED")
        phase = next(one for one in failed["phases"] if one["phaseType"] == "BUILD")
        self.assertEqual(phase["contexts"][0]["statusCode"], "COMMAND_EXECUTION_ERROR")

    def test_a_build_is_stopped(self):
        self.create(source={"type": "NO_SOURCE", "buildspec": SLOW})
        build = self.start()
        kept = self.api.batch_delete_builds(ids=[build])
        self.assertEqual(kept["buildsNotDeleted"][0]["id"], build)
        self.assertEqual(self.api.stop_build(id=build)["build"]["id"], build)
        self.assertEqual(self.completed(build)["buildStatus"], "STOPPED")

    def test_refuses_builds_beyond_the_limit_and_of_projects_that_are_not_there(self):
        self.create(
            source={"type": "NO_SOURCE", "buildspec": SLOW}, concurrentBuildLimit=1
        )
        build = self.start()
        self.refused("AccountLimitExceededException", self.start)
        self.api.stop_build(id=build)
        code = "ResourceNotFoundException"
        self.refused(code, self.api.start_build, projectName=unique("nothing"))
        self.refused(code, self.api.retry_build, id=MISSING)
        self.refused(code, self.api.stop_build, id=MISSING)
        self.refused(code, self.api.list_builds_for_project, projectName="nothing")
        self.refused("InvalidInputException", self.api.batch_delete_builds, ids=[MISSING])
        self.refused("InvalidInputException", self.careless().batch_get_builds)

    def test_all_builds_are_listed(self):
        self.create()
        ids = [self.start() for _ in range(2 * PAGE + 1)]
        of_project = self.read_over_pages(
            self.api, "list_builds_for_project", "ids", size=PAGE, **self.it
        )
        self.assertEqual(of_project, ids[::-1])
        every = self.read_over_pages(self.api, "list_builds", "ids", size=PAGE)
        self.assertEqual(every[: len(ids)], ids[::-1])
        self.refused("InvalidInputException", self.api.list_builds, nextToken=FOREIGN_TOKEN)
