package io.trueup.registry;

import io.trueup.avro.MalformedRecordException;
import io.trueup.avro.RecordFormat;
import io.trueup.avro.RegistryUnavailableException;
import io.trueup.avro.SchemaRefusedException;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.apache.avro.generic.IndexedRecord;
import org.apache.kafka.common.config.ConfigException;
import org.apache.kafka.common.serialization.Deserializer;
import org.apache.kafka.common.serialization.Serializer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The format of the user's serializer and deserializer. Kafka does not ask them to be thread-safe, so one thread at a time uses each of
 * them. Records are deserialized by a thread of its own where somebody asks whether they are ready. Thread-safe.
 */
final class SerdeFormat implements RecordFormat {

    private static final Logger LOG = LoggerFactory.getLogger(SerdeFormat.class);
    private static final long ASK_AGAIN_NANOS = TimeUnit.SECONDS.toNanos(1);
    private static final long WARN_EVERY_NANOS = TimeUnit.MINUTES.toNanos(1);

    private final Optional<Serializer<Object>> serializer;
    private final Deserializer<Object> deserializer;
    private final ReadFailures failures;
    private final Duration patience;
    private final MissingSchemas missing;
    private final AskedRecords asked = new AskedRecords(this::attempt, this::warnThatARecordWaits);
    private long warnAgainNanos = System.nanoTime();

    private SerdeFormat(
            Optional<Serializer<Object>> serializer,
            Deserializer<Object> deserializer,
            ReadFailures failures,
            Duration patience,
            Duration missing) {
        this.serializer = serializer;
        this.deserializer = deserializer;
        this.failures = failures;
        this.patience = patience;
        this.missing = new MissingSchemas(missing);
    }

    /**
     * @param patience how long a registry is waited for
     * @param missing how long a registry must answer that it has no such schema until that counts
     * @throws ConfigException if a class is missing, or refuses its settings
     */
    static SerdeFormat of(RegistrySettings settings, Duration patience, Duration missing) {
        Map<String, String> properties = settings.serdes();
        @SuppressWarnings("unchecked") // whether it takes and returns records shows when it is used
        Deserializer<Object> deserializer = (Deserializer<Object>)
                made(RegistryKeys.DESERIALIZER, settings.deserializer().orElseThrow(), Deserializer.class);
        configure(RegistryKeys.DESERIALIZER, () -> deserializer.configure(properties, false));
        @SuppressWarnings("unchecked") // the same
        Optional<Serializer<Object>> serializer = settings.serializer()
                .map(name -> (Serializer<Object>) made(RegistryKeys.SERIALIZER, name, Serializer.class));
        serializer.ifPresent(made -> configure(RegistryKeys.SERIALIZER, () -> made.configure(properties, false)));
        return new SerdeFormat(serializer, deserializer, new ReadFailures(settings.malformed()), patience, missing);
    }

    private static <T> T made(String key, String name, Class<T> type) {
        try {
            Class<?> found = Class.forName(name, true, Thread.currentThread().getContextClassLoader());
            return type.cast(found.getDeclaredConstructor().newInstance());
        } catch (ClassNotFoundException e) {
            throw new ConfigException(key + "=" + name
                    + ": there is no such class; put its jar, and the jars that it needs, into lib/ext");
        } catch (LinkageError e) {
            throw missing(key, e);
        } catch (ReflectiveOperationException | ClassCastException e) {
            throw new ConfigException(key + "=" + name + ": it is no public " + type.getSimpleName()
                    + " of Kafka with a constructor without parameters: " + e);
        }
    }

    private static void configure(String key, Runnable configuration) {
        try {
            configuration.run();
        } catch (LinkageError e) {
            throw missing(key, e);
        } catch (RuntimeException e) {
            throw new ConfigException(key + ": it refuses its settings: " + ReadFailures.reason(e));
        }
    }

    private static ConfigException missing(String key, LinkageError e) {
        return new ConfigException(
                key + ": a class that it needs is missing or another one than it expects; put its jar"
                        + " into lib/ext: " + e);
    }

    /** Waits for the registry as {@link #prepare} does: what the serializer has cached may have expired. */
    @Override
    public byte[] write(String topic, IndexedRecord record) {
        Serializer<Object> writer = serializer.orElseThrow(() -> new IllegalStateException("there is no serializer"));
        long untilNanos = System.nanoTime() + patience.toNanos();
        while (true) {
            try {
                synchronized (writer) {
                    return writer.serialize(topic, record);
                }
            } catch (RuntimeException e) {
                String reason = RegistryKeys.SERIALIZER + " cannot write a "
                        + record.getSchema().getName() + " for topic " + topic + ": " + ReadFailures.reason(e);
                if (ReadFailures.isRefusal(e)) {
                    throw new SchemaRefusedException(reason);
                }
                if (System.nanoTime() + ASK_AGAIN_NANOS - untilNanos > 0) {
                    throw new RegistryUnavailableException(reason, e);
                }
                warn(reason + ". It is tried again for " + patience.toSeconds() + " s.");
                pause(RegistryKeys.SERIALIZER);
            }
        }
    }

    @Override
    public void prepare(String topic, IndexedRecord record) {
        byte[] unused = write(topic, record);
    }

    private static void pause(String what) {
        try {
            TimeUnit.NANOSECONDS.sleep(ASK_AGAIN_NANOS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new RegistryUnavailableException("interrupted while " + what + " was tried again");
        }
    }

    /** Reads a record itself only if nobody has asked before whether it is ready, or if that is too long ago. */
    @Override
    public IndexedRecord read(String topic, byte[] bytes) throws MalformedRecordException {
        long untilNanos = System.nanoTime() + patience.toNanos();
        Attempt attempt = asked.result(topic, bytes).orElseGet(() -> attempt(topic, bytes));
        while (attempt instanceof Attempt.Unknown unknown) {
            if (System.nanoTime() + ASK_AGAIN_NANOS - untilNanos > 0) {
                throw new RegistryUnavailableException(unknown.reason());
            }
            pause(RegistryKeys.DESERIALIZER);
            attempt = attempt(topic, bytes);
        }
        if (attempt instanceof Attempt.Malformed malformed) {
            throw new MalformedRecordException(malformed.reason(), malformed.cause());
        }
        return ((Attempt.Read) attempt).record();
    }

    private Attempt attempt(String topic, byte[] bytes) {
        Object read;
        try {
            synchronized (deserializer) {
                read = deserializer.deserialize(topic, bytes);
            }
        } catch (RuntimeException | LinkageError | StackOverflowError e) {
            return failed(topic, bytes, e);
        }
        missing.found(topic, bytes);
        if (read instanceof IndexedRecord record) {
            return new Attempt.Read(record);
        }
        return read == null
                ? new Attempt.Malformed(RegistryKeys.DESERIALIZER + " finds no record in it", null)
                : unknown(topic, "it returns a " + read.getClass().getName() + ", and no record of Avro");
    }

    private Attempt failed(String topic, byte[] bytes, Throwable failure) {
        String reason = ReadFailures.reason(failure);
        boolean isMalformed = switch (failures.of(failure)) {
            case MALFORMED -> true;
            case NO_SUCH_SCHEMA -> missing.isMissing(topic, bytes);
            case UNKNOWN -> {
                missing.found(topic, bytes);
                yield false;
            }
        };
        return isMalformed
                ? new Attempt.Malformed(RegistryKeys.DESERIALIZER + " cannot read it: " + reason, failure)
                : unknown(topic, reason);
    }

    private static Attempt unknown(String topic, String reason) {
        return new Attempt.Unknown(
                RegistryKeys.DESERIALIZER + " cannot say now what a record of topic " + topic + " is: " + reason);
    }

    @Override
    public boolean isReady(String topic, byte[] bytes) {
        return asked.isRead(topic, bytes);
    }

    private void warnThatARecordWaits(String reason) {
        warn(reason + ". The record and what follows it in its partition wait, and nothing is skipped. It is tried"
                + " again after a second or, if an attempt takes longer, after as long as that. If the record itself is at"
                + " fault, name the exception in " + RegistryKeys.MALFORMED + ".");
    }

    private synchronized void warn(String text) {
        if (System.nanoTime() - warnAgainNanos >= 0) {
            warnAgainNanos = System.nanoTime() + WARN_EVERY_NANOS;
            LOG.warn(text);
        }
    }

    @Override
    public void close() {
        asked.close();
        deserializer.close();
        serializer.ifPresent(Serializer::close);
    }
}
