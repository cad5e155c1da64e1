package io.trueup.topic;

import io.trueup.failure.Causes;
import org.apache.kafka.clients.consumer.OffsetOutOfRangeException;
import org.apache.kafka.common.errors.AuthenticationException;
import org.apache.kafka.common.errors.AuthorizationException;

/** Describes for a person why brokers did not return records: the cause, the place and what to do. */
public final class BrokerRefusal {

    private BrokerRefusal() {}

    /**
     * Returns whole sentences.
     *
     * @param what the topic or partition that was to be read
     * @param cluster where it lies
     */
    public static String describe(String what, Cluster cluster, RuntimeException failure) {
        if (failure instanceof AuthorizationException) {
            return "Not allowed to read " + what + " on " + cluster
                    + ". Grant the ACL operation Read on the topic (and DescribeConfigs, so that its cleanup"
                    + " policy can be read).";
        }
        if (failure instanceof AuthenticationException) {
            return "The brokers at " + cluster + " do not accept the credentials for " + what + ": "
                    + failure.getMessage() + ". Check the security settings of the client properties.";
        }
        if (failure instanceof OffsetOutOfRangeException) {
            return "Records of " + what + " were deleted while they were read: " + failure.getMessage()
                    + ". Lengthen the retention of the topic, and audit again.";
        }
        String reason = Causes.describe(failure);
        return "Cannot read " + what + " on " + cluster + ": " + reason + (reason.endsWith(".") ? "" : ".");
    }
}
