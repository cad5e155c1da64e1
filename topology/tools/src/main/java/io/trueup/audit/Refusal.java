package io.trueup.audit;

import org.apache.kafka.clients.consumer.OffsetOutOfRangeException;
import org.apache.kafka.common.errors.AuthenticationException;
import org.apache.kafka.common.errors.AuthorizationException;

/** Says why brokers gave no records, where, and what to do. */
final class Refusal {

    private Refusal() {}

    static String words(String what, Cluster cluster, RuntimeException failure) {
        if (failure instanceof AuthorizationException) {
            return "Not allowed to read " + what + " on " + cluster + ": " + failure.getMessage()
                    + ". Grant the ACL operations Read and Describe on the topic (DescribeConfigs, too, to tell how it is"
                    + " cleaned up).";
        }
        if (failure instanceof AuthenticationException) {
            return "The brokers at " + cluster + " do not accept the credentials for " + what + ": "
                    + failure.getMessage() + ". Check the security settings of the client properties.";
        }
        if (failure instanceof OffsetOutOfRangeException) {
            return "Records of " + what + " were deleted while they were read: " + failure.getMessage()
                    + ". Lengthen the retention of the topic, and audit again.";
        }
        String reason = failure.getMessage() == null ? failure.toString() : failure.getMessage();
        return "Cannot read " + what + " on " + cluster + ": " + reason.strip() + ".";
    }
}
