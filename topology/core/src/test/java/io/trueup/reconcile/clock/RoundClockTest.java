package io.trueup.reconcile.clock;

import static org.assertj.core.api.Assertions.assertThat;

import io.trueup.tree.Windows;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;

class RoundClockTest {

    private static final long START = 1_000_000_000;
    private static final long INTERVAL = 1_000;
    private static final long GRACE = 300;
    private static final long PATIENCE = 5_000;
    private static final long DAY = 86_400_000;
    private static final Windows WINDOWS = new Windows(INTERVAL, GRACE);

    /** A machine whose wall clock is wrong by some time, and peers whose clocks are wrong by others. */
    private static final class Machine {
        final Map<String, Long> peers = new TreeMap<>();
        final int owners;
        long trueMs = START;
        long wrongMs;
        long monotonicLostMs;
        long rootsTakeMs = 20;
        boolean brokerIsHeard;
        int steps;
        RoundClock clock;

        Machine(int owners, long wrongMs) {
            this.owners = owners;
            this.wrongMs = wrongMs;
            clock = new RoundClock(WINDOWS, PATIENCE, START + wrongMs, START);
        }

        Machine peer(String name, long wrong) {
            peers.put(name, wrong);
            return this;
        }

        /** How wrong its time is. */
        long errorMs() {
            return clock.nowMs() - trueMs;
        }

        void pass(long ms) {
            for (long untilMs = trueMs + ms; trueMs < untilMs; ) {
                trueMs += 20;
                long before = clock.nowMs();
                assertThat(clock.advance(trueMs - monotonicLostMs)).isGreaterThanOrEqualTo(before);
                before = clock.nowMs();
                peers.forEach((name, wrong) -> {
                    long sentMs = trueMs + wrong - rootsTakeMs;
                    if (Math.floorMod(sentMs, INTERVAL) < 20) {
                        clock.heardRoot(name, WINDOWS.cutMs(WINDOWS.dueAt(sentMs)));
                    }
                });
                if (brokerIsHeard) {
                    clock.heardBroker(trueMs - 30);
                }
                if (clock.regulate(trueMs + wrongMs, trueMs - monotonicLostMs, owners)) {
                    steps++;
                } else {
                    assertThat(clock.nowMs()).isGreaterThanOrEqualTo(before);
                }
            }
        }
    }

    @Example
    void shouldBeConfirmedByAnotherClockThatShowsTheSame() {
        Machine machine = new Machine(2, 0).peer("ap", 0);

        machine.pass(INTERVAL);
        assertThat(machine.clock.isConfirmed()).as("shown once").isFalse();
        machine.pass(2 * INTERVAL);
        assertThat(machine.clock.isConfirmed()).isTrue();
        machine.peers.clear();
        machine.pass(2 * PATIENCE);
        assertThat(machine.clock.isConfirmed())
                .as("nothing is heard any longer")
                .isFalse();
    }

    @Example
    void shouldNotBeConfirmedByAClockThatShowsAnotherTime() {
        Machine machine = new Machine(2, -DAY);
        machine.brokerIsHeard = true;

        machine.pass(PATIENCE - INTERVAL);
        assertThat(machine.clock.isConfirmed()).isFalse();
        machine.wrongMs = 0;
        machine.pass(PATIENCE);
        assertThat(machine.errorMs()).isBetween(-GRACE, GRACE);
        assertThat(machine.clock.isConfirmed()).isTrue();
    }

    @Example
    void shouldBelieveASteadyWallClockAfterPatienceIfAllOwnersAreInThisProcess() {
        Machine alone = new Machine(1, 0);
        Machine silentPeer = new Machine(2, 0);

        alone.pass(PATIENCE - INTERVAL);
        assertThat(alone.clock.isConfirmed()).isFalse();
        alone.pass(2 * INTERVAL);
        silentPeer.pass(4 * PATIENCE);
        assertThat(alone.clock.isConfirmed()).isTrue();
        assertThat(silentPeer.clock.isConfirmed()).isFalse();
    }

    @Property(tries = 200)
    void shouldFollowAWallClockThatWandersByLessThanTheGraceAndNeverGoBack(
            @ForAll long seed, @ForAll @IntRange(min = 1, max = 3) int owners) {
        Random random = new Random(seed);
        Machine machine = new Machine(owners, 0);
        for (int i = 0; i < 10; i++) {
            machine.wrongMs = random.nextInt((int) GRACE) - GRACE / 2;
            machine.pass(2 * GRACE + 20);
            assertThat(machine.errorMs()).isEqualTo(machine.wrongMs);
        }
        assertThat(machine.steps).isZero();
        assertThat(machine.clock.doubt()).isEmpty();
    }

    @Example
    void shouldNotFollowAStepAtOnceAndShowBothTimes() {
        for (long step : new long[] {DAY, -DAY, 3_600_000, GRACE, -GRACE}) {
            Machine machine = new Machine(2, 0);
            machine.wrongMs = step;
            machine.pass(PATIENCE - 500);

            assertThat(machine.errorMs()).isZero();
            assertThat(machine.clock.doubt())
                    .hasValue(new RoundClock.Doubt(
                            RoundClock.Source.WALL_CLOCK, null, machine.trueMs + step, machine.trueMs));
            machine.wrongMs = 0;
            machine.pass(2 * PATIENCE);
            assertThat(machine.errorMs()).isZero();
            assertThat(machine.steps).isZero();
        }
    }

    @Example
    void shouldNeverFollowAStepThatAPeerContradicts() {
        for (long step : new long[] {DAY, -DAY, 700, -700, 400, -GRACE}) {
            Machine machine = new Machine(2, 0).peer("us", 0);
            machine.pass(3 * INTERVAL);
            machine.wrongMs = step;
            machine.pass(4 * PATIENCE);

            assertThat(machine.errorMs()).isZero();
            assertThat(machine.clock.doubt()).isPresent();
        }
    }

    @Example
    void shouldFollowTheWallClockAfterTwoRoundsOfAPeerConfirmIt() {
        for (long asleep : new long[] {8 * 3_600_000L, 600}) {
            Machine machine = new Machine(2, 0).peer("us", 0);
            machine.pass(3 * INTERVAL);
            machine.trueMs += asleep;
            machine.monotonicLostMs = asleep; // the machine was suspended

            machine.pass(INTERVAL);
            assertThat(machine.errorMs()).as("after one round").isEqualTo(-asleep);
            machine.pass(3 * INTERVAL);
            assertThat(machine.errorMs()).isZero();
            assertThat(machine.steps).isEqualTo(1);
            assertThat(machine.clock.doubt()).isEmpty();
        }
    }

    @Example
    void shouldFollowAWallClockThatIsCorrectedBackwards() {
        Machine machine = new Machine(2, DAY).peer("us", 0);
        machine.pass(4 * INTERVAL);
        machine.wrongMs = 0;
        machine.pass(4 * INTERVAL);

        assertThat(machine.errorMs()).isZero();
        assertThat(machine.steps).isEqualTo(1);
    }

    @Example
    void shouldFollowAWallClockAfterPatienceIfAllOwnersAreInThisProcess() {
        Machine machine = new Machine(1, 0);
        machine.wrongMs = DAY;
        machine.pass(PATIENCE - 100);
        assertThat(machine.steps).isZero();
        machine.pass(200);

        assertThat(machine.steps).isEqualTo(1);
        assertThat(machine.errorMs()).isEqualTo(DAY);
    }

    @Example
    void shouldCorrectAClockThatWasWrongFromTheStartByTheMajority() {
        for (long wrong : new long[] {DAY, -DAY}) {
            Machine machine = new Machine(3, wrong).peer("ap", 0).peer("us", 0);
            machine.pass(4 * INTERVAL);

            assertThat(machine.errorMs()).isBetween(-100L, 0L);
            assertThat(machine.clock.doubt()).isPresent();
            machine.pass(4 * PATIENCE);
            assertThat(machine.errorMs()).isBetween(-100L, 0L);
            assertThat(machine.steps).isEqualTo(1);
        }
    }

    @Example
    void shouldNotTradePlacesWithASinglePeer() {
        for (long wrong : new long[] {DAY, -DAY, 3 * INTERVAL}) {
            Machine machine = new Machine(2, 0).peer("us", wrong);
            machine.pass(4 * PATIENCE);

            assertThat(machine.steps).isZero();
            RoundClock.Doubt doubt = machine.clock.doubt().orElseThrow();
            assertThat(doubt.replica()).isEqualTo("us");
            assertThat(doubt.shownMs() - machine.trueMs).isBetween(wrong - 100, wrong);
        }
    }

    @Example
    void shouldBelieveTheBrokersWhereASinglePeerDiffers() {
        Machine machine = new Machine(2, -DAY).peer("us", 0);
        machine.brokerIsHeard = true;
        machine.pass(4 * INTERVAL);

        assertThat(machine.errorMs()).isBetween(-100L, 0L);
    }

    /** Three of five owners started while their clocks were wrong by the same; those clocks are right since. */
    @Example
    void shouldFollowTheWallClockAfterPatienceIfTheBrokersConfirmItThoughPeersConfirmEachOther() {
        long wrong = 5 * INTERVAL;
        Machine machine =
                new Machine(5, wrong).peer("ap", wrong).peer("eu", wrong).peer("us", 0);
        machine.brokerIsHeard = true;
        machine.pass(2 * INTERVAL);
        machine.wrongMs = 0;

        machine.pass(PATIENCE - INTERVAL);
        assertThat(machine.errorMs()).isEqualTo(wrong);
        machine.pass(2 * INTERVAL);
        assertThat(machine.errorMs()).isZero();
    }

    /** One of three peers shows the right time, two show the wrong one with which this clock started. */
    @Example
    void shouldFollowAWallClockThatIsNearAfterPatienceIfAsManyClocksConfirmItAsContradictIt() {
        Machine machine = new Machine(4, -3 * GRACE)
                .peer("ap", -3 * GRACE)
                .peer("eu", -3 * GRACE)
                .peer("us", 0);
        machine.pass(2 * INTERVAL);
        machine.wrongMs = 0;

        machine.pass(PATIENCE - INTERVAL);
        assertThat(machine.errorMs()).isEqualTo(-3 * GRACE);
        machine.pass(2 * INTERVAL);
        assertThat(machine.errorMs()).isZero();
    }

    @Example
    void shouldNotFollowAWallClockThatIsFarAwayIfOnlyAsManyClocksConfirmItAsContradictIt() {
        Machine machine = new Machine(4, 0).peer("ap", 0).peer("eu", 0).peer("us", 5 * INTERVAL);
        machine.pass(2 * INTERVAL);
        machine.wrongMs = 5 * INTERVAL;

        machine.pass(4 * PATIENCE);

        assertThat(machine.errorMs()).isZero();
    }

    /** Two peers show this time, and could as well show that of the third, because roots take time. */
    @Example
    void shouldNotBeMovedByAPeerThatIsAheadIfTheOthersShowThisTime() {
        Machine machine =
                new Machine(4, 0).peer("ap", 0).peer("eu", 4 * GRACE / 3).peer("us", 0);

        machine.pass(4 * PATIENCE);

        assertThat(machine.steps).isZero();
        assertThat(machine.errorMs()).isZero();
    }

    @Example
    void shouldFollowTheWallClockAfterPatienceIfPeersAgreeOnNothingElse() {
        Machine machine = new Machine(4, -DAY)
                .peer("ap", 4 * INTERVAL)
                .peer("eu", -4 * INTERVAL)
                .peer("us", 0);
        machine.pass(INTERVAL);
        machine.wrongMs = 0;

        machine.pass(2 * PATIENCE);
        assertThat(machine.errorMs()).isZero();
    }

    @Example
    void shouldNotBeMovedByOneOfTwoPeers() {
        Machine machine = new Machine(3, 0).peer("ap", 0).peer("us", -DAY);
        machine.pass(4 * PATIENCE);

        assertThat(machine.steps).isZero();
        assertThat(machine.errorMs()).isZero();
    }

    @Example
    void shouldNotFollowAStepThatOneOfManyPeersConfirms() {
        Machine machine =
                new Machine(5, 0).peer("ap", DAY).peer("jp", 0).peer("uk", 0).peer("us", 0);
        machine.pass(3 * INTERVAL);
        machine.wrongMs = DAY;
        machine.pass(4 * PATIENCE);

        assertThat(machine.steps).isZero();
    }

    @Example
    void shouldNotFollowAStepForAMomentToAPeerThatIsWrong() {
        Machine machine = new Machine(2, 0).peer("us", DAY);
        machine.pass(4 * INTERVAL);
        machine.wrongMs = DAY;
        machine.pass(INTERVAL / 2);
        machine.wrongMs = 0;
        machine.pass(4 * INTERVAL);

        assertThat(machine.steps).isZero();
    }

    @Example
    void shouldNotBeMovedByASingleMessageOrABurstOfOldOnes() {
        Machine machine = new Machine(3, 0);
        for (int round = 200; round > 0; round--) {
            machine.clock.heardRoot("ap", WINDOWS.cutMs(WINDOWS.dueAt(START) - round));
            machine.clock.heardRoot("us", WINDOWS.cutMs(WINDOWS.dueAt(START) - round));
        }
        machine.clock.heardRoot("ap", START + DAY);
        machine.clock.heardRoot("us", START + DAY);
        machine.clock.heardRoot("ap", START + 2 * DAY);
        machine.clock.heardRoot("us", START + 2 * DAY);
        machine.clock.heardRoot("ap", START + DAY);
        machine.clock.heardRoot("us", START + DAY);
        machine.pass(10 * INTERVAL);

        assertThat(machine.steps).isZero();
        assertThat(machine.errorMs()).isZero();
    }

    @Example
    void shouldNotBeMovedByRootsThatTakeLong() {
        Machine machine = new Machine(3, 0).peer("ap", 0).peer("us", 0);
        machine.rootsTakeMs = 900;
        machine.pass(4 * PATIENCE);

        assertThat(machine.steps).isZero();
        assertThat(machine.clock.doubt()).isEmpty();
    }
}
