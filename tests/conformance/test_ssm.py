"""Parameters."""

from .story import FOREIGN_TOKEN, UNLUCKY, Story, client, unique


class Parameters(Story):
    def setUp(self):
        self.api = client("ssm")
        self.path = f"/{unique('mergegate')}"

    def put(self, name: str, value: str = "1", **request) -> dict:
        return self.api.put_parameter(
            Name=f"{self.path}/{name}", Value=value, Type="String", **request
        )

    def test_a_parameter_is_put_read_and_deleted(self):
        name = f"{self.path}/claim"
        self.assertEqual(self.put("claim", Description="Whose turn it is")["Version"], 1)
        self.assertEqual(self.put("claim", "2", Overwrite=True)["Version"], 2)
        parameter = self.api.get_parameter(Name=name)["Parameter"]
        self.assertEqual((parameter["Value"], parameter["Version"]), ("2", 2))
        self.assertEqual(parameter["ARN"], f"arn:aws:ssm:us-east-1:000000000000:parameter{name}")
        selected = self.api.get_parameter(Name=f"{name}:2")["Parameter"]
        self.assertEqual(selected["Selector"], ":2")
        self.api.delete_parameter(Name=name)
        self.refused("ParameterNotFound", self.api.get_parameter, Name=name)
        self.refused("ParameterNotFound", self.api.delete_parameter, Name=name)

    def test_several_parameters_are_read_and_deleted_at_once(self):
        self.put("a")
        names = [f"{self.path}/a", f"{self.path}/none"]
        read = self.api.get_parameters(Names=names)
        self.assertEqual([one["Name"] for one in read["Parameters"]], names[:1])
        self.assertEqual(read["InvalidParameters"], names[1:])
        deleted = self.api.delete_parameters(Names=names)
        self.assertEqual(deleted["DeletedParameters"], names[:1])
        self.assertEqual(deleted["InvalidParameters"], names[1:])

    def test_parameters_are_listed_by_path_and_altogether(self):
        names = [f"{self.path}/{name}" for name in "abc"]
        for name in "abc":
            self.put(name)
        found = self.read_over_pages(
            self.api, "get_parameters_by_path", "Parameters", limit="MaxResults", Path=self.path
        )
        self.assertEqual([one["Name"] for one in found], names)
        every = self.read_over_pages(
            self.api, "describe_parameters", "Parameters", limit="MaxResults"
        )
        self.assertLessEqual(set(names), {one["Name"] for one in every})
        foreign = {"NextToken": FOREIGN_TOKEN}
        code = "InvalidNextToken"
        self.refused(code, self.api.get_parameters_by_path, Path=self.path, **foreign)
        self.refused(code, self.api.describe_parameters, **foreign)

    def test_refuses_a_parameter_twice_and_types_it_does_not_have(self):
        self.put("once")
        self.refused(
            "ParameterAlreadyExists",
            self.api.put_parameter,
            Name=f"{self.path}/once",
            Value="2",
            Type="String",
        )
        self.refused(
            "UnsupportedParameterType",
            self.api.put_parameter,
            Name=f"{self.path}/secret",
            Value="2",
            Type="SecureString",
        )

    def test_fails_when_the_service_fails(self):
        """The one error that these two have for somebody without KMS keys."""
        api = client("ssm", UNLUCKY)
        self.refused("InternalServerError", api.get_parameters, Names=["/a"])
        self.refused("InternalServerError", api.delete_parameters, Names=["/a"])
