package io.trueup.registry;

import io.trueup.avro.MalformedRecordException;
import io.trueup.avro.RecordFormat;
import io.trueup.avro.RegistryUnavailableException;
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
 * them. Thread-safe.
 */
final class SerdeFormat implements RecordFormat {

    private static final Logger LOG = LoggerFactory.getLogger(SerdeFormat.class);
    private static final long ASK_AGAIN_NANOS = TimeUnit.SECONDS.toNanos(1);
    private static final long PATIENCE_NANOS = TimeUnit.SECONDS.toNanos(30);
    private static final long WARN_EVERY_NANOS = TimeUnit.MINUTES.toNanos(1);

    private final Optional<Serializer<Object>> serializer;
    private final Deserializer<Object> deserializer;
    private final ReadFailures failures;
    /** After a failure that says nothing about the record, nobody asks before this time only to know whether records are ready. */
    private volatile long askAgainNanos = System.nanoTime();

    private long warnAgainNanos = System.nanoTime();

    private SerdeFormat(
            Optional<Serializer<Object>> serializer, Deserializer<Object> deserializer, ReadFailures failures) {
        this.serializer = serializer;
        this.deserializer = deserializer;
        this.failures = failures;
    }

    /** @throws ConfigException if a class is missing, or refuses its settings */
    static SerdeFormat of(RegistrySettings settings) {
        Map<String, String> properties = settings.serdes();
        @SuppressWarnings("unchecked") // whether it takes and returns records shows when it is used
        Deserializer<Object> deserializer = (Deserializer<Object>)
                made(RegistryKeys.DESERIALIZER, settings.deserializer().orElseThrow(), Deserializer.class);
        configure(RegistryKeys.DESERIALIZER, () -> deserializer.configure(properties, false));
        @SuppressWarnings("unchecked") // the same
        Optional<Serializer<Object>> serializer = settings.serializer()
                .map(name -> (Serializer<Object>) made(RegistryKeys.SERIALIZER, name, Serializer.class));
        serializer.ifPresent(made -> configure(RegistryKeys.SERIALIZER, () -> made.configure(properties, false)));
        return new SerdeFormat(serializer, deserializer, new ReadFailures(settings.malformed()));
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
            throw new ConfigException(key + ": it refuses its settings: " + e.getMessage());
        }
    }

    private static ConfigException missing(String key, LinkageError e) {
        return new ConfigException(
                key + ": a class that it needs is missing or another one than it expects; put its jar"
                        + " into lib/ext: " + e);
    }

    @Override
    public byte[] write(String topic, IndexedRecord record) {
        Serializer<Object> writer = serializer.orElseThrow(() -> new IllegalStateException("there is no serializer"));
        try {
            synchronized (writer) {
                return writer.serialize(topic, record);
            }
        } catch (RuntimeException e) {
            throw new RegistryUnavailableException(
                    RegistryKeys.SERIALIZER + " cannot write a "
                            + record.getSchema().getName() + " for topic " + topic + ": "
                            + ReadFailures.reason(e),
                    e);
        }
    }

    @Override
    public void prepare(String topic, IndexedRecord record) {
        long untilNanos = System.nanoTime() + PATIENCE_NANOS;
        while (true) {
            try {
                byte[] unused = write(topic, record);
                return;
            } catch (RegistryUnavailableException e) {
                if (System.nanoTime() + ASK_AGAIN_NANOS - untilNanos > 0) {
                    throw e;
                }
                warn(e.getMessage() + ". It is tried again for " + TimeUnit.NANOSECONDS.toSeconds(PATIENCE_NANOS)
                        + " s.");
                pause();
            }
        }
    }

    private static void pause() {
        try {
            TimeUnit.NANOSECONDS.sleep(ASK_AGAIN_NANOS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new RegistryUnavailableException("interrupted while " + RegistryKeys.SERIALIZER + " was tried again");
        }
    }

    @Override
    public IndexedRecord read(String topic, byte[] bytes) throws MalformedRecordException {
        Object read;
        try {
            synchronized (deserializer) {
                read = deserializer.deserialize(topic, bytes);
            }
        } catch (RuntimeException e) {
            if (failures.isOfTheRecord(e)) {
                throw new MalformedRecordException(
                        RegistryKeys.DESERIALIZER + " cannot read it: " + ReadFailures.reason(e), e);
            }
            throw unavailable(topic, ReadFailures.reason(e));
        }
        if (read instanceof IndexedRecord record) {
            return record;
        }
        if (read == null) {
            throw new MalformedRecordException(RegistryKeys.DESERIALIZER + " finds no record in it");
        }
        throw unavailable(topic, "it returns a " + read.getClass().getName() + ", and no record of Avro");
    }

    private RegistryUnavailableException unavailable(String topic, String reason) {
        askAgainNanos = System.nanoTime() + ASK_AGAIN_NANOS;
        return new RegistryUnavailableException(
                RegistryKeys.DESERIALIZER + " cannot say now what a record of topic " + topic + " is: " + reason);
    }

    @Override
    public boolean isReady(String topic, byte[] bytes) {
        if (System.nanoTime() - askAgainNanos < 0) {
            return false;
        }
        try {
            read(topic, bytes);
            return true;
        } catch (MalformedRecordException e) {
            return true;
        } catch (RegistryUnavailableException e) {
            warn(e.getMessage()
                    + ". The record and what follows it in its partition wait, and nothing is skipped. It is tried"
                    + " again every second. If the record itself is at fault, name the exception in "
                    + RegistryKeys.MALFORMED + ".");
            return false;
        }
    }

    private synchronized void warn(String text) {
        if (System.nanoTime() - warnAgainNanos >= 0) {
            warnAgainNanos = System.nanoTime() + WARN_EVERY_NANOS;
            LOG.warn(text);
        }
    }

    @Override
    public void close() {
        deserializer.close();
        serializer.ifPresent(Serializer::close);
    }
}
