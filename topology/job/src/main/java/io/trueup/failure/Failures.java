package io.trueup.failure;

import java.util.Optional;
import org.apache.kafka.common.errors.AuthenticationException;
import org.apache.kafka.common.errors.AuthorizationException;
import org.apache.kafka.common.errors.ClusterAuthorizationException;
import org.apache.kafka.common.errors.GroupAuthorizationException;
import org.apache.kafka.common.errors.InvalidTimestampException;
import org.apache.kafka.common.errors.TopicAuthorizationException;
import org.apache.kafka.common.errors.TransactionalIdAuthorizationException;

/** Explains failures: names the cause and the remedy. */
public final class Failures {

    private Failures() {}

    /** Whether a retry cannot help. */
    public static boolean isFinal(Throwable failure) {
        return find(failure, VirtualMachineError.class).isPresent()
                || find(failure, OperatorException.class).isPresent()
                || find(failure, AuthorizationException.class).isPresent()
                || find(failure, AuthenticationException.class).isPresent();
    }

    /** Returns the cause and the remedy of a failure. */
    public static String explain(Throwable failure, String applicationId) {
        Optional<String> own = find(failure, OperatorException.class).map(Throwable::getMessage);
        return own.or(() -> find(failure, AuthorizationException.class).map(e -> unauthorized(e, applicationId)))
                .or(() -> find(failure, AuthenticationException.class)
                        .map(e -> "The broker does not accept the credentials of this process: " + e.getMessage()
                                + ". Check the security settings below kafka."))
                .or(() -> find(failure, InvalidTimestampException.class)
                        .map(e -> "The broker refuses the time of a record: " + e.getMessage()
                                + ". Check the clock of this machine, and set message.timestamp.type=LogAppendTime on the"
                                + " topics that Trueup writes"))
                .orElseGet(() -> reason(failure));
    }

    private static String unauthorized(AuthorizationException failure, String applicationId) {
        if (failure instanceof TopicAuthorizationException topic) {
            return "Not authorized for the topics " + topic.unauthorizedTopics()
                    + ": grant the ACL operations Read and Describe on writes, control and repairs topics that are read,"
                    + " Write and Describe on control, repairs, rounds, conflicts and dead-letter topics, and all operations on topics"
                    + " that start with " + applicationId;
        }
        if (failure instanceof GroupAuthorizationException group) {
            return "Not authorized for the consumer group " + group.groupId()
                    + ": grant the ACL operation Read on this group";
        }
        if (failure instanceof TransactionalIdAuthorizationException) {
            return "Not authorized for transactional ids: exactly_once_v2 needs the ACL operations Write and Describe on"
                    + " transactional ids that start with " + applicationId;
        }
        if (failure instanceof ClusterAuthorizationException) {
            return "Not authorized on the cluster: grant the ACL operation IdempotentWrite on the cluster, and Create if"
                    + " topics should be created";
        }
        return "Not authorized: " + failure.getMessage();
    }

    /** The innermost message. */
    public static String reason(Throwable failure) {
        Throwable cause = failure;
        while (cause.getCause() != null) {
            cause = cause.getCause();
        }
        String kind = cause.getClass().getSimpleName();
        return cause.getMessage() == null
                ? kind
                : kind + ": " + cause.getMessage().strip();
    }

    private static <T extends Throwable> Optional<T> find(Throwable failure, Class<T> kind) {
        for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
            if (kind.isInstance(cause)) {
                return Optional.of(kind.cast(cause));
            }
        }
        return Optional.empty();
    }
}
