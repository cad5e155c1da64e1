package io.trueup.registry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.trueup.avro.RegistryUnavailableException;
import io.trueup.avro.SchemaRefusedException;
import io.trueup.avro.UnusableSchemaException;
import io.trueup.confluent.ConfluentClient.Registered;
import io.trueup.confluent.RequestRefusedException;
import io.trueup.schema.ProgressEvent;
import java.io.IOException;
import java.net.ConnectException;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Deque;
import java.util.List;
import org.apache.avro.Schema;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class KnownSchemasTest {

    private static final Schema PROGRESS = ProgressEvent.getClassSchema();
    private static final Registered FOUND = new Registered(7, "AVRO", PROGRESS.toString());
    private final RequestRefusedException notFound = new RequestRefusedException("Schema 7 not found", 404, 40403);

    private final Script script = new Script();
    private final KnownSchemas schemas = schemas(Duration.ofSeconds(20), Duration.ofMinutes(1));

    @AfterEach
    void close() {
        schemas.close();
    }

    private KnownSchemas schemas(Duration patience, Duration believe) {
        Duration moment = Duration.ofMillis(1);
        return new KnownSchemas(
                script,
                "http://registry:8081",
                new KnownSchemas.Times(patience, moment, believe, moment, Duration.ofMillis(4), Duration.ofMinutes(1)));
    }

    @Test
    void shouldAskOnceForASchema() throws Exception {
        script.answer(FOUND);

        assertThat(schemas.schema(7)).isEqualTo(PROGRESS);
        assertThat(schemas.schema(7)).isEqualTo(PROGRESS);
        assertThat(schemas.isSettled(7)).isTrue();
        assertThat(script.asked).containsExactly("schema 7");
    }

    @Test
    void shouldAskMeanwhileWithoutWaiting() {
        script.answer(new ConnectException("refused"), new ConnectException("refused"), FOUND);

        assertThat(schemas.isSettled(7)).isFalse();

        await().untilAsserted(() -> assertThat(schemas.isSettled(7)).isTrue());
        assertThat(script.asked).hasSize(3);
    }

    @Test
    void shouldTryAgainWhateverIsNoAnswerAboutTheSchema() throws Exception {
        script.answer(
                new ConnectException("refused"),
                new RequestRefusedException("Error while looking up", 500, 50001),
                new RequestRefusedException("Unauthorized", 401, 401),
                new RequestRefusedException("no such page", 404, 404),
                new IllegalStateException("a bug of the client"),
                new IOException("no JSON"),
                FOUND);

        assertThat(schemas.schema(7)).isEqualTo(PROGRESS);
    }

    @Test
    void shouldBelieveThatASchemaIsMissingOnceItIsConfirmed() {
        script.answer(notFound, notFound);

        assertThatThrownBy(() -> schemas.schema(7))
                .isInstanceOf(UnusableSchemaException.class)
                .hasMessageContainingAll("http://registry:8081", "no such schema", "Schema 7 not found");
        assertThatThrownBy(() -> schemas.schema(7)).isInstanceOf(UnusableSchemaException.class);
        assertThat(script.asked).hasSize(2);
    }

    @Test
    void shouldNotBelieveOneServerThatHasNotReadTheNewestSchemas() throws Exception {
        script.answer(notFound, FOUND);

        assertThat(schemas.schema(7)).isEqualTo(PROGRESS);
    }

    @Test
    void shouldConfirmAgainAfterAnOutage() throws Exception {
        script.answer(notFound, new ConnectException("refused"), notFound, FOUND);

        assertThat(schemas.schema(7)).isEqualTo(PROGRESS);
    }

    @Test
    void shouldAskAgainForAMissingSchemaAfterAWhile() throws Exception {
        try (KnownSchemas forgetful = schemas(Duration.ofSeconds(20), Duration.ZERO)) {
            script.answer(notFound, notFound, FOUND);

            assertThat(forgetful.isSettled(7)).isFalse();
            await().untilAsserted(() -> assertThat(forgetful.isSettled(7)).isTrue());
            assertThat(forgetful.schema(7)).isEqualTo(PROGRESS);
        }
    }

    /** Between {@code isSettled} and {@code schema} the minute may end, and the registry may be down. */
    @Test
    void shouldGiveTheLastAnswerWithoutWaiting() {
        try (KnownSchemas forgetful = schemas(Duration.ofMillis(200), Duration.ZERO)) {
            script.answer(notFound, notFound);
            assertThat(forgetful.isSettled(7)).isFalse();
            await().untilAsserted(() ->
                    assertThatThrownBy(() -> forgetful.schema(7)).isInstanceOf(UnusableSchemaException.class));

            assertThat(forgetful.isSettled(7)).as("it is asked again").isFalse();
            await().until(() -> script.asked.size() > 4);
            assertThatThrownBy(() -> forgetful.schema(7))
                    .isInstanceOf(UnusableSchemaException.class)
                    .hasMessageContaining("no such schema");
        }
    }

    @Test
    void shouldDoubtThatASchemaIsMissingForAsLongAsItIsSet() throws Exception {
        try (KnownSchemas doubting = new KnownSchemas(
                script,
                "http://registry:8081",
                new KnownSchemas.Times(
                        Duration.ofSeconds(20),
                        Duration.ofSeconds(10),
                        Duration.ofMinutes(1),
                        Duration.ofMillis(1),
                        Duration.ofMillis(4),
                        Duration.ofMinutes(1)))) {
            script.answer(notFound, notFound, notFound, notFound, FOUND);

            assertThat(doubting.schema(7)).isEqualTo(PROGRESS);
        }
    }

    @Test
    void shouldGoOnAfterAnError() throws Exception {
        script.answer(new NoClassDefFoundError("io/swagger/Schema"), new StackOverflowError(), FOUND);

        assertThat(schemas.schema(7)).isEqualTo(PROGRESS);
    }

    /** Anybody who may write records can invent ids. */
    @Test
    void shouldRememberALimitedNumberOfInventedIds() throws Exception {
        int invented = 3 * KnownSchemas.MOST_IDS;
        script.unknownFrom = 1_000;
        for (int id = 1_000; id < 1_000 + invented; id++) {
            assertThat(schemas.isSettled(id)).isFalse();
        }
        assertThat(schemas.remembered()).isLessThanOrEqualTo(2 * KnownSchemas.MOST_IDS);
        await().until(() -> schemas.isSettled(1_000));
        script.answer(FOUND);

        assertThat(schemas.schema(7))
                .as("one that exists is found all the same")
                .isEqualTo(PROGRESS);
        for (int id = 1_000; id < 1_000 + invented; id++) {
            boolean unused = schemas.isSettled(id);
        }
        await().until(() -> schemas.isSettled(1_000 + invented - 1));
        assertThat(schemas.remembered()).isLessThanOrEqualTo(2 * KnownSchemas.MOST_IDS);
    }

    @Test
    void shouldSayThatASchemaIsNoneOfAvro() {
        script.answer(new Registered(7, "PROTOBUF", "message A {}"));
        assertThatThrownBy(() -> schemas.schema(7))
                .isInstanceOf(UnusableSchemaException.class)
                .hasMessageContaining("of type PROTOBUF");

        script.answer(new Registered(8, "AVRO", "{\"type\":\"recor\"}"));
        assertThatThrownBy(() -> schemas.schema(8))
                .isInstanceOf(UnusableSchemaException.class)
                .hasMessageContaining("no schema of Avro");

        script.answer(
                new Registered(9, "AVRO", "{\"type\":\"fixed\",\"name\":\"F\",\"size\":" + Integer.MAX_VALUE + "}"));
        assertThatThrownBy(() -> schemas.schema(9))
                .as("a size that no array has")
                .isInstanceOf(UnusableSchemaException.class)
                .hasMessageContaining("no schema of Avro");
    }

    @Test
    void shouldGiveUpWaitingWithTheReason() {
        KnownSchemas impatient = schemas(Duration.ofMillis(50), Duration.ZERO);

        await().untilAsserted(() -> assertThatThrownBy(() -> impatient.schema(7))
                .isInstanceOf(RegistryUnavailableException.class)
                .hasMessageContainingAll("http://registry:8081", "schema id 7", "ConnectException: no answer is left"));
        assertThatThrownBy(() -> impatient.id("s", PROGRESS))
                .isInstanceOf(RegistryUnavailableException.class)
                .hasMessageContainingAll("ProgressEvent", "subject s", "ConnectException");
        impatient.close();
    }

    @Test
    void shouldTryAgainToRegister() {
        script.answer(new ConnectException("refused"), new RequestRefusedException("Leader not known", 503, 50003), 9);

        assertThat(schemas.id("s", PROGRESS)).isEqualTo(9);
    }

    @Test
    void shouldSayWhatToDoWhereASchemaIsRefused() {
        assertRefused(new RequestRefusedException("Incompatible", 409, 409), "not compatible", "subject");
        assertRefused(new RequestRefusedException("Unauthorized", 401, 40101), "basic.auth.user.info");
        assertRefused(
                new RequestRefusedException("Schema not found", 404, 40403),
                "ProgressEvent.avsc",
                "auto.register.schemas=true");
        assertRefused(new RequestRefusedException("Subject not found", 404, 40401), "auto.register.schemas=true");
        assertRefused(new RequestRefusedException("no such page", 404, 404), "schema.registry.url");
        assertRefused(new RequestRefusedException("Invalid schema", 422, 42201), "Invalid schema");
    }

    private void assertRefused(RequestRefusedException refused, String... advice) {
        script.answer(refused);
        assertThatThrownBy(() -> schemas.id("a-subject", PROGRESS))
                .isInstanceOf(SchemaRefusedException.class)
                .hasMessageContainingAll("ProgressEvent", "subject a-subject")
                .hasMessageContainingAll(advice);
    }

    @Test
    void shouldEndAWaitThatIsInterrupted() throws Exception {
        Thread caller = Thread.currentThread();
        Thread interrupter = new Thread(() -> {
            await().until(() -> !script.asked.isEmpty());
            caller.interrupt();
        });
        interrupter.start();

        assertThatThrownBy(() -> schemas.schema(7)).isInstanceOf(RegistryUnavailableException.class);
        assertThat(Thread.interrupted()).isTrue();
        interrupter.join();
    }

    /** Gives one answer after the other, and then none. */
    private static final class Script implements RegistryRequests {

        private final Deque<Object> answers = new ArrayDeque<>();
        private volatile int unknownFrom = Integer.MAX_VALUE;
        private final List<String> asked = Collections.synchronizedList(new ArrayList<>());

        synchronized void answer(Object... next) {
            answers.addAll(List.of(next));
        }

        @Override
        public Registered schema(int id) throws IOException, RequestRefusedException {
            asked.add("schema " + id);
            if (id >= unknownFrom) {
                throw new RequestRefusedException("Schema not found", 404, 40403);
            }
            return (Registered) next();
        }

        @Override
        public int id(String subject, Schema schema) throws IOException, RequestRefusedException {
            asked.add("id of " + subject);
            return (Integer) next();
        }

        private synchronized Object next() throws IOException, RequestRefusedException {
            Object next = answers.isEmpty() ? new ConnectException("no answer is left") : answers.remove();
            if (next instanceof IOException e) {
                throw e;
            }
            if (next instanceof RequestRefusedException e) {
                throw e;
            }
            if (next instanceof RuntimeException e) {
                throw e;
            }
            if (next instanceof Error e) {
                throw e;
            }
            return next;
        }

        @Override
        public void close() {}
    }
}
