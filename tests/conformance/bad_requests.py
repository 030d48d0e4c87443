"""Bad requests to every operation alike. They run after the ledger was checked, which they would fill too easily."""

from botocore import xform_name
from botocore.exceptions import ClientError

from . import sources
from .models import service_model, token_of
from .story import FOREIGN_TOKEN, Story, client


class BadRequests(Story):
    """What is refused here is looked at by `inspection`: the error must be one of the operation's."""

    def setUp(self):
        # A REST request without its required members has no path.
        self.models = [
            service_model(service).operation_model(operation)
            for service, operation in sorted(sources.operations())
            if service_model(service).metadata["protocol"] == "json"
        ]

    def refuses(self, model, **request):
        service = model.service_model.service_name
        call = getattr(client(service, careless=True), xform_name(model.name))
        with self.subTest(f"{service} {model.name}", **request):
            with self.assertRaises(ClientError):
                call(**request)

    def test_refuses_a_request_without_anything(self):
        for model in self.models:
            if model.input_shape.required_members:
                self.refuses(model)

    def test_refuses_pages_of_no_size_and_tokens_of_nobody(self):
        for model in self.models:
            token = token_of(model)
            if token is None or model.input_shape.required_members:
                continue
            self.refuses(model, **{token: FOREIGN_TOKEN})
            for name in model.input_shape.members:
                if name.lower() in ("maxresults", "limit"):
                    self.refuses(model, **{name: -1})
