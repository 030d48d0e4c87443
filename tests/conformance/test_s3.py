"""Objects in buckets."""

import io

from botocore.exceptions import ClientError

from .story import Story, client, unique


class Objects(Story):
    def setUp(self):
        self.api = client("s3")
        self.bucket = unique("artifacts")
        self.api.create_bucket(Bucket=self.bucket)

    def put(self, key, body=b"content", **more):
        return self.api.put_object(Bucket=self.bucket, Key=key, Body=body, **more)

    def test_an_object_comes_back_as_it_was_put(self):
        key = "reports/shop/pr-7 ü+&%.html"
        put = self.put(key, b"<p>hello</p>", ContentType="text/html; charset=utf-8")
        got = self.api.get_object(Bucket=self.bucket, Key=key)
        self.assertEqual(got["Body"].read(), b"<p>hello</p>")
        self.assertEqual(got["ContentType"], "text/html; charset=utf-8")
        self.assertEqual(got["ETag"], put["ETag"])
        head = self.api.head_object(Bucket=self.bucket, Key=key)
        self.assertEqual(head["ContentLength"], 12)

    def test_what_is_streamed_in_pieces_is_one_object(self):
        body = bytes(range(256)) * 1000
        self.put("streamed", io.BytesIO(body))
        got = self.api.get_object(Bucket=self.bucket, Key="streamed")
        self.assertEqual(got["Body"].read(), body)

    def test_a_second_object_of_a_key_replaces_the_first(self):
        self.put("key", b"one")
        self.put("key", b"two")
        got = self.api.get_object(Bucket=self.bucket, Key="key")
        self.assertEqual(got["Body"].read(), b"two")

    def test_keys_are_listed_by_prefix_in_pages(self):
        for number in range(5):
            self.put(f"raw/{number}.xml")
        self.put("other")
        pages = self.api.get_paginator("list_objects_v2").paginate(
            Bucket=self.bucket, Prefix="raw/", PaginationConfig={"PageSize": 2}
        )
        pages = [[found["Key"] for found in page["Contents"]] for page in pages]
        expected = [["raw/0.xml", "raw/1.xml"], ["raw/2.xml", "raw/3.xml"], ["raw/4.xml"]]
        self.assertEqual(pages, expected)
        nothing = self.api.list_objects_v2(Bucket=self.bucket, Prefix="none/")
        self.assertEqual(nothing["KeyCount"], 0)

    def test_keys_are_listed_like_folders_over_pages(self):
        for key in ("a/1", "a/2", "b", "c/d/3", "e"):
            self.put(key)
        pages = self.api.get_paginator("list_objects_v2").paginate(
            Bucket=self.bucket, Delimiter="/", PaginationConfig={"PageSize": 2}
        )
        pages = [
            [found["Prefix"] for found in page.get("CommonPrefixes", [])]
            + [found["Key"] for found in page.get("Contents", [])]
            for page in pages
        ]
        self.assertEqual(pages, [["a/", "b"], ["c/", "e"]])
        inside = self.api.list_objects_v2(Bucket=self.bucket, Delimiter="/", Prefix="c/")
        self.assertEqual([found["Prefix"] for found in inside["CommonPrefixes"]], ["c/d/"])

    def test_buckets_are_listed(self):
        names = [found["Name"] for found in self.api.list_buckets()["Buckets"]]
        self.assertIn(self.bucket, names)
        self.assertEqual(names, sorted(names))
        only = self.api.list_buckets(Prefix=self.bucket)["Buckets"]
        self.assertEqual([found["Name"] for found in only], [self.bucket])

    def test_a_deleted_object_is_gone_and_deleting_it_again_succeeds(self):
        self.put("key")
        for _ in range(2):
            self.api.delete_object(Bucket=self.bucket, Key="key")
        self.refused("NoSuchKey", self.api.get_object, Bucket=self.bucket, Key="key")
        with self.assertRaises(ClientError):
            self.api.head_object(Bucket=self.bucket, Key="key")

    def test_refuses_buckets_that_nobody_made_and_what_it_does_not_do(self):
        self.refused("NoSuchBucket", self.api.list_objects_v2, Bucket="nobody-made-it")
        self.refused("NoSuchBucket", self.api.get_object, Bucket="nobody-made-it", Key="key")
        message = self.refused("NotImplemented", self.api.get_bucket_versioning, Bucket=self.bucket)
        self.assertIn("GET ?versioning", message)
        self.refused("KeyTooLongError", self.put, key="k" * 1025)
