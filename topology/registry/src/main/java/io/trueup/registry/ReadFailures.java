package io.trueup.registry;

import io.trueup.confluent.RequestRefusedException;
import java.io.EOFException;
import java.util.ArrayList;
import java.util.List;
import org.apache.avro.AvroRuntimeException;
import org.apache.kafka.common.errors.InvalidConfigurationException;
import org.apache.kafka.common.errors.SerializationException;

/**
 * Decides what a failure of a user's deserializer says about the record. A registry that cannot be reached must never turn a good record
 * into a dead letter: end of file is also what a client reports whose connection was closed.
 *
 * @param malformed names of further exceptions that mean that the record is malformed
 */
record ReadFailures(List<String> malformed) {

    /** Confluent's exception for an answer of the registry, whatever its package is. */
    private static final String ANSWER = "RestClientException";

    /** Avro, wherever a jar has moved it. */
    private static final String AVRO = "org.apache.avro.";

    /** What a failure says about the record. */
    enum Verdict {
        /** It can never be read. */
        MALFORMED,
        /** The registry has answered that it has no such schema. */
        NO_SUCH_SCHEMA,
        /** Nothing. */
        UNKNOWN
    }

    Verdict of(Throwable failure) {
        List<Throwable> causes = causes(failure);
        if (causes.stream().anyMatch(this::isConfigured)) {
            return Verdict.MALFORMED;
        }
        if (causes.stream().anyMatch(ReadFailures::isNoSuchSchema)) {
            return Verdict.NO_SUCH_SCHEMA;
        }
        Throwable root = causes.get(causes.size() - 1);
        boolean isSerialization =
                causes.subList(0, causes.size() - 1).stream().allMatch(SerializationException.class::isInstance);
        return isSerialization && isOfTheBytes(root) ? Verdict.MALFORMED : Verdict.UNKNOWN;
    }

    private static boolean isOfTheBytes(Throwable root) {
        if (root.getClass() == SerializationException.class || root instanceof AvroRuntimeException) {
            return true;
        }
        return (root instanceof EOFException || root instanceof IndexOutOfBoundsException) && isThrownByAvro(root);
    }

    /** Whether Avro has thrown it, itself or by a class of Java that it has called. */
    private static boolean isThrownByAvro(Throwable failure) {
        for (StackTraceElement frame : failure.getStackTrace()) {
            String type = frame.getClassName();
            if (!type.startsWith("java.") && !type.startsWith("jdk.")) {
                return type.startsWith(AVRO) || type.contains("." + AVRO);
            }
        }
        return false;
    }

    private boolean isConfigured(Throwable failure) {
        for (Class<?> type = failure.getClass(); type != null; type = type.getSuperclass()) {
            if (malformed.contains(type.getName())) {
                return true;
            }
        }
        return false;
    }

    private static boolean isNoSuchSchema(Throwable failure) {
        return number(failure, "getErrorCode") == RequestRefusedException.SCHEMA_NOT_FOUND;
    }

    /** Whether a registry has refused a schema, or the credentials, so that another attempt would end in the same way. */
    static boolean isRefusal(Throwable failure) {
        return causes(failure).stream()
                .anyMatch(cause -> cause instanceof InvalidConfigurationException
                        || RequestRefusedException.isFinal(number(cause, "getStatus")));
    }

    /** Returns a number of Confluent's exception; 0 if this is another one. */
    private static int number(Throwable failure, String method) {
        if (!failure.getClass().getSimpleName().equals(ANSWER)) {
            return 0;
        }
        try {
            return failure.getClass().getMethod(method).invoke(failure) instanceof Integer number ? number : 0;
        } catch (ReflectiveOperationException e) {
            return 0;
        }
    }

    private static List<Throwable> causes(Throwable failure) {
        List<Throwable> causes = new ArrayList<>();
        for (Throwable cause = failure; cause != null && !causes.contains(cause); cause = cause.getCause()) {
            causes.add(cause);
        }
        return causes;
    }

    /** What has failed, and what has caused it first, unless the one quotes the other. */
    static String reason(Throwable failure) {
        List<Throwable> causes = causes(failure);
        Throwable first = causes.get(causes.size() - 1);
        String what = text(failure);
        boolean quoted = first.getMessage() != null && what.contains(first.getMessage());
        return first == failure || quoted ? what : what + ", because of " + text(first);
    }

    private static String text(Throwable failure) {
        String name = failure.getClass().getSimpleName();
        return failure.getMessage() == null ? name : name + ": " + failure.getMessage();
    }
}
