package io.trueup.failure;

import java.util.Optional;
import java.util.function.Function;
import org.apache.kafka.common.errors.AuthenticationException;
import org.apache.kafka.common.errors.AuthorizationException;
import org.apache.kafka.common.errors.InvalidTimestampException;

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

    /**
     * Returns the cause and the remedy of a failure.
     *
     * @param denied explains a missing permission
     */
    public static String explain(Throwable failure, Function<AuthorizationException, String> denied) {
        Optional<String> own = find(failure, OperatorException.class).map(Throwable::getMessage);
        return own.or(() -> find(failure, AuthorizationException.class).map(denied))
                .or(() -> find(failure, AuthenticationException.class)
                        .map(e -> "The broker does not accept the credentials of this process: " + e.getMessage()
                                + ". Check the security settings below kafka."))
                .or(() -> find(failure, InvalidTimestampException.class)
                        .map(e -> "The broker refuses the time of a record: " + e.getMessage()
                                + ". Check the clock of this machine, and set message.timestamp.type=LogAppendTime on the"
                                + " topics that Trueup writes"))
                .orElseGet(() -> reason(failure));
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
