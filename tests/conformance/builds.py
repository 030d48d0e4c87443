"""Projects whose builds need no repository."""

from .story import Story, client, unique

ROLE = "arn:aws:iam::000000000000:role/Build"
QUICK = """version: 0.2
phases:
  build:
    commands:
      - echo one
      - echo two
      - echo three
"""
SLOW = QUICK + "      - sleep 600\n"


class InProject(Story):
    """Stories about one project."""

    buildspec = QUICK

    def setUp(self):
        self.api = client("codebuild")
        self.project = unique("project")
        self.it = {"projectName": self.project}

    def create(self, name: str | None = None, **request) -> dict:
        request = {
            "name": name or self.project,
            "source": {"type": "NO_SOURCE", "buildspec": self.buildspec},
            "artifacts": {"type": "NO_ARTIFACTS"},
            "environment": {
                "type": "LINUX_CONTAINER",
                "image": "aws/codebuild/standard:7.0",
                "computeType": "BUILD_GENERAL1_SMALL",
            },
            "serviceRole": ROLE,
            **request,
        }
        return self.api.create_project(**request)["project"]

    def careless(self):
        """A client whose requests may lack what is required."""
        return client("codebuild", careless=True)

    def start(self, **request) -> str:
        return self.api.start_build(**self.it, **request)["build"]["id"]

    def completed(self, build: str) -> dict:
        def look():
            found = self.api.batch_get_builds(ids=[build])["builds"][0]
            return found if found["buildComplete"] else None

        return self.eventually(look, f"the end of {build}")

    def succeeded(self, build: str) -> dict:
        done = self.completed(build)
        self.assertEqual(done["buildStatus"], "SUCCEEDED", done["phases"])
        return done
