"""Secrets."""

from .story import Story, client, unique


class Secrets(Story):
    def setUp(self):
        self.api = client("secretsmanager")
        self.name = unique("mergegate-seal")

    def test_a_secret_is_created_read_described_and_deleted(self):
        created = self.api.create_secret(
            Name=self.name, SecretString="s3cret", Description="Seals states"
        )
        prefix = f"arn:aws:secretsmanager:us-east-1:000000000000:secret:{self.name}-"
        self.assertTrue(created["ARN"].startswith(prefix), created["ARN"])
        for name in (self.name, created["ARN"]):
            read = self.api.get_secret_value(SecretId=name)
            self.assertEqual(read["SecretString"], "s3cret")
            self.assertEqual(read["VersionStages"], ["AWSCURRENT"])
        described = self.api.describe_secret(SecretId=self.name)
        self.assertEqual(described["Description"], "Seals states")
        self.assertEqual(described["VersionIdsToStages"], {created["VersionId"]: ["AWSCURRENT"]})
        self.api.delete_secret(SecretId=self.name)
        self.refused("InvalidRequestException", self.api.get_secret_value, SecretId=self.name)
        self.assertIn("DeletedDate", self.api.describe_secret(SecretId=self.name))
        self.api.delete_secret(SecretId=self.name, ForceDeleteWithoutRecovery=True)
        self.refused("ResourceNotFoundException", self.api.describe_secret, SecretId=self.name)

    def test_refuses_a_secret_twice_one_that_is_not_there_and_one_without_a_value(self):
        secret = {"Name": self.name, "SecretString": "s3cret"}
        self.api.create_secret(**secret)
        self.refused("ResourceExistsException", self.api.create_secret, **secret)
        none = {"SecretId": unique("none")}
        for call in (self.api.get_secret_value, self.api.describe_secret, self.api.delete_secret):
            self.refused("ResourceNotFoundException", call, **none)
        self.refused("InvalidParameterException", self.api.create_secret, Name=unique("empty"))
