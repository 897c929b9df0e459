"""Every envelope that an event arrives in: read down to the objects to screen, and built from one.

===========================================  ============  ===============
envelope                                     key           one delivery is
===========================================  ============  ===============
OSS's trigger ``events[]``, MNS in Base64    as it stands  the whole event
OSS through EventBridge, one or a list       as it stands  the whole event
S3 ``Records[]`` 2.x                         URL-encoded   the whole event
S3 through EventBridge                       as it stands  the whole event
SNS ``Records[].Sns`` around either of S3's  as inside     the whole event
SQS ``Records[].body`` around any of S3's    as inside     one message
S3 Batch Operations ``tasks[]``              URL-encoded   one task
===========================================  ============  ===============

Sources: function-compute.md, "Bucket events"; Amazon S3 User Guide, "Event message structure",
"EventBridge event message structure" and "Invoke AWS Lambda function".
"""
