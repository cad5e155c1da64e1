package io.trueup.registry;

import io.trueup.avro.RegistryUnavailableException;
import io.trueup.avro.SchemaRefusedException;
import io.trueup.confluent.RequestRefusedException;
import java.io.IOException;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import org.apache.avro.Schema;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The ids under which schemas are written. They are asked for by the thread that needs them, before it writes. Thread-safe. */
final class RegisteredIds {

    private static final Logger LOG = LoggerFactory.getLogger(RegisteredIds.class);

    private final RegistryRequests requests;
    private final String where;
    private final KnownSchemas.Times times;
    private final Map<Written, Integer> ids = new ConcurrentHashMap<>();

    /** @param where the addresses of the registry, for messages */
    RegisteredIds(RegistryRequests requests, String where, KnownSchemas.Times times) {
        this.requests = requests;
        this.where = where;
        this.times = times;
    }

    /** A schema by which records are written. */
    private record Written(String subject, Schema schema) {}

    /**
     * Returns the id under which records of a schema are written.
     *
     * @throws SchemaRefusedException if the registry refuses the schema, does not have it, or refuses the credentials
     * @throws RegistryUnavailableException if there was no answer in time
     */
    int of(String subject, Schema schema) {
        Written written = new Written(subject, schema);
        Integer known = ids.get(written);
        if (known == null) {
            known = requested(subject, schema);
            ids.put(written, known);
        }
        return known;
    }

    private int requested(String subject, Schema schema) {
        long untilNanos = System.nanoTime() + times.patience().toNanos();
        long pauseNanos = times.firstPause().toNanos();
        boolean warned = false;
        while (true) {
            String reason;
            try {
                return requests.id(subject, schema);
            } catch (RequestRefusedException e) {
                if (RequestRefusedException.isFinal(e.status())) {
                    throw new SchemaRefusedException(explain(subject, schema, e));
                }
                reason = refusal(e);
            } catch (SchemaRefusedException e) {
                throw e;
            } catch (IOException | RuntimeException | LinkageError e) {
                reason = ReadFailures.reason(e);
            }
            String unknown = "the schema registry at " + where + " gives no id for " + schema.getName()
                    + " under subject " + subject + ": " + reason;
            if (System.nanoTime() + pauseNanos - untilNanos > 0) {
                throw new RegistryUnavailableException(unknown);
            }
            if (!warned) {
                LOG.warn("{}. Trying again for {} s.", unknown, times.patience().toSeconds());
                warned = true;
            }
            pause(pauseNanos);
            pauseNanos = Math.min(times.lastPause().toNanos(), 2 * pauseNanos);
        }
    }

    private String explain(String subject, Schema schema, RequestRefusedException e) {
        String what = "the schema registry at " + where + " refuses the schema of " + schema.getName()
                + " under subject " + subject + ": " + refusal(e) + ". ";
        if (e.errorCode() == RequestRefusedException.SCHEMA_NOT_FOUND
                || e.errorCode() == RequestRefusedException.SUBJECT_NOT_FOUND) {
            return what + "Register the file " + schema.getName() + ".avsc of this release there, or set "
                    + RegistryKeys.AUTO_REGISTER + "=true";
        }
        return what
                + switch (e.status()) {
                    case 409 ->
                        "Another schema is registered there, with which it is not compatible: name subjects in another way ("
                                + RegistryKeys.NAMING + "), or change the compatibility level of the subject";
                    case 401, 403 ->
                        "Check " + RegistryKeys.BASIC_AUTH_USER + ", " + RegistryKeys.BEARER_AUTH_TOKEN
                                + " and what they permit";
                    case 404 -> "Check " + RegistryKeys.URL + ": the registry's API begins at this address";
                    default -> "Check the settings of the registry";
                };
    }

    private static void pause(long nanos) {
        try {
            TimeUnit.NANOSECONDS.sleep(nanos);
        } catch (InterruptedException e) {
            throw interrupted();
        }
    }

    static RegistryUnavailableException interrupted() {
        Thread.currentThread().interrupt();
        return new RegistryUnavailableException("interrupted while the schema registry was asked");
    }

    static String refusal(RequestRefusedException e) {
        return e.getMessage() + " (status " + e.status() + ")";
    }
}
