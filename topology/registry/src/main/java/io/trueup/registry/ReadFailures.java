package io.trueup.registry;

import io.trueup.confluent.RequestRefusedException;
import java.io.EOFException;
import java.util.ArrayList;
import java.util.List;
import org.apache.avro.AvroRuntimeException;
import org.apache.kafka.common.errors.SerializationException;

/**
 * Decides whether a failure of a user's deserializer is the record's fault. It is only where that is certain: a registry that cannot be
 * reached must never turn a good record into a dead letter.
 *
 * @param malformed names of further exceptions that are
 */
record ReadFailures(List<String> malformed) {

    /** Confluent's exception for an answer of the registry, whatever its package is. */
    private static final String ANSWER = "RestClientException";

    boolean isOfTheRecord(Throwable failure) {
        List<Throwable> causes = causes(failure);
        if (causes.stream().anyMatch(this::isConfigured)) {
            return true;
        }
        if (causes.stream().anyMatch(ReadFailures::isNoSuchSchema)) {
            return true;
        }
        Throwable first = causes.get(causes.size() - 1);
        return first instanceof EOFException
                || first instanceof AvroRuntimeException
                || first instanceof IndexOutOfBoundsException
                || first.getClass() == SerializationException.class;
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
        if (!failure.getClass().getSimpleName().equals(ANSWER)) {
            return false;
        }
        try {
            Object code = failure.getClass().getMethod("getErrorCode").invoke(failure);
            return Integer.valueOf(RequestRefusedException.SCHEMA_NOT_FOUND).equals(code);
        } catch (ReflectiveOperationException e) {
            return false;
        }
    }

    private static List<Throwable> causes(Throwable failure) {
        List<Throwable> causes = new ArrayList<>();
        for (Throwable cause = failure; cause != null && !causes.contains(cause); cause = cause.getCause()) {
            causes.add(cause);
        }
        return causes;
    }

    /** What has failed, and what has caused it first. */
    static String reason(Throwable failure) {
        List<Throwable> causes = causes(failure);
        Throwable first = causes.get(causes.size() - 1);
        String what = text(failure);
        return first == failure ? what : what + ", because of " + text(first);
    }

    private static String text(Throwable failure) {
        String name = failure.getClass().getSimpleName();
        return failure.getMessage() == null ? name : name + ": " + failure.getMessage();
    }
}
