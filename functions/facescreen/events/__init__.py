"""Reads and builds events: every envelope, down to the objects to screen.

===========================================  ============  ===============
envelope                                     key           one delivery is
===========================================  ============  ===============
OSS's trigger ``events[]``, MNS in Base64    not encoded   the whole event
OSS through EventBridge, one or a list       not encoded   the whole event
MNS's triggers (queue, topic) around OSS's   not encoded   the whole event
S3 ``Records[]`` 2.x                         URL-encoded   the whole event
S3 through EventBridge                       not encoded   the whole event
SNS ``Records[].Sns`` around either of S3's  as within     the whole event
SQS ``Records[].body`` around any of S3's    as within     one message
S3 Batch Operations ``tasks[]``              URL-encoded   one task
===========================================  ============  ===============

Sources: function-compute.md, "Bucket events"; Amazon S3 User Guide, "Event message structure",
"EventBridge event message structure" and "Invoke AWS Lambda function".
"""
