package io.trueup.ops.health;

import static org.assertj.core.api.Assertions.assertThat;

import io.trueup.job.JobStatus;
import io.trueup.job.JobStatus.ReplicaStatus;
import io.trueup.job.JobStatus.Waiting;
import io.trueup.ops.http.Answer;
import io.trueup.ops.http.Query;
import io.trueup.reconcile.exchange.RoundMemory;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class HealthTest {

    private static final Query NOTHING = new Query(Map.of(), "");

    private static final RoundMemory.Use MEMORY = new RoundMemory.Use(0, 0, 0, 0, 0);

    private static JobStatus job(String... states) {
        return states.length == 0
                ? new JobStatus(false, Optional.empty(), Map.of(), MEMORY)
                : new JobStatus(
                        false, Optional.empty(), Map.of("eu", replica(states[0]), "us", replica(states[1])), MEMORY);
    }

    private static ReplicaStatus replica(String state) {
        return new ReplicaStatus(state, Map.of(), 0, 0, 0, 0, 0, Map.of(), 0, Map.of(), 0, new Waiting(0, 0));
    }

    private static String body(Answer answer) {
        return new String(answer.body(), StandardCharsets.UTF_8);
    }

    private static Answer ready(JobStatus status) throws Exception {
        return new Readiness(() -> status).get(NOTHING);
    }

    private static Answer live(Map<String, Integer> threads, int deadlocked) throws Exception {
        return new Liveness(() -> threads, () -> deadlocked).get(NOTHING);
    }

    @Test
    void shouldBeReadyOnceAllReplicasRun() throws Exception {
        assertThat(ready(job("RUNNING", "RUNNING")))
                .returns(200, Answer::status)
                .returns("{\"status\":\"up\",\"missing\":[]}", HealthTest::body);
    }

    @Test
    void shouldNameTheReplicaThatIsNotReady() throws Exception {
        Answer answer = ready(job("RUNNING", "REBALANCING"));

        assertThat(answer.status()).isEqualTo(503);
        assertThat(body(answer)).contains("replica us is REBALANCING").doesNotContain("eu");
    }

    @Test
    void shouldNotBeReadyBeforeTheJobHasStarted() throws Exception {
        Answer answer = ready(job());

        assertThat(answer.status()).isEqualTo(503);
        assertThat(body(answer)).contains("the job starts");
    }

    /** Anybody may ask, so the reason is in the log alone. */
    @Test
    void shouldNotSayWhyTheJobHasFailed() throws Exception {
        JobStatus failed = new JobStatus(true, Optional.of("topic shop.writes.eu is gone"), Map.of(), MEMORY);

        Answer answer = ready(failed);

        assertThat(answer.status()).isEqualTo(503);
        assertThat(body(answer)).contains("the job has failed").doesNotContain("shop.writes.eu");
    }

    @Test
    void shouldBeAliveBeforeTheJobStartsAndWhileItRestores() throws Exception {
        assertThat(live(Map.of(), 0).status()).isEqualTo(200);
        assertThat(live(Map.of("eu", 1), 0).status()).isEqualTo(200);
    }

    /** Everybody may ask, and each look stops all threads for a moment. */
    @Test
    void shouldLookForDeadlocksAtMostEveryFiveSeconds() {
        AtomicInteger looks = new AtomicInteger();
        AtomicLong nanos = new AtomicLong(7);
        Deadlocks deadlocks = new Deadlocks(looks::incrementAndGet, nanos::get);

        assertThat(deadlocks.getAsInt()).isEqualTo(1);
        nanos.addAndGet(Deadlocks.EVERY_NANOS - 1);
        assertThat(deadlocks.getAsInt()).isEqualTo(1);
        nanos.addAndGet(1);
        assertThat(deadlocks.getAsInt()).isEqualTo(2);
    }

    @Test
    void shouldNotBeAliveWithoutAThreadOrWithThreadsThatWaitForEachOther() throws Exception {
        assertThat(live(Map.of("eu", 1, "us", 0), 0))
                .returns(503, Answer::status)
                .satisfies(answer -> assertThat(body(answer)).contains("replica us has no stream thread"));
        assertThat(live(Map.of("eu", 1), 2))
                .returns(503, Answer::status)
                .satisfies(answer -> assertThat(body(answer)).contains("2 threads wait for each other"));
    }
}
