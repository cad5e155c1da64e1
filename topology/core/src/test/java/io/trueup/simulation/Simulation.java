package io.trueup.simulation;

import io.trueup.reconcile.exchange.Message;
import io.trueup.reconcile.rule.Conflict;
import io.trueup.reconcile.rule.Divergence;
import io.trueup.reconcile.settings.Settings;
import io.trueup.tree.Entry;
import io.trueup.tree.VersionVector;
import io.trueup.tree.Windows;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.function.Supplier;
import java.util.stream.Stream;

/**
 * Runs one schedule, from its plan to its outcome: load and faults for some rounds, then rounds without faults until everything
 * is repaired, then two more in which nothing may happen. A function of the plan alone.
 */
final class Simulation {

    private static final int QUIET_ROUNDS = 2;
    /** Longest time that the scan of a datastore takes. */
    private static final int SCAN_MS = 60_000;
    /** Time from one look of a person at the conflicts to the next. */
    private static final int SETTLE_MS = 15_000;
    /** Time from the start until a datastore loses most of its rows. */
    private static final int LOSS_MS = 25_000;
    /** Age of the entries that a wrong partitioner loads. */
    private static final int LOADED_BEFORE_MS = 60_000;

    private final Plan plan;
    private final Settings settings;
    private final Windows windows;
    private final World world;
    private final SplittableRandom random;
    /** Draws what is written at the primary itself. */
    private final SplittableRandom writers;

    private final Map<String, Newest> newest = new HashMap<>();
    private final Map<String, HeldValue> seenWhenFaultsEnded = new HashMap<>();
    private final Map<String, HeldValue> heldWhenFaultsEnded = new HashMap<>();
    /** Keys of which a loss has struck the only copy of an entry: no replica can supply it. */
    private final Set<String> onlyCopiesLost = new HashSet<>();

    private long version = 100;
    private boolean trafficRuns = true;
    private boolean settlingContinues = true;
    /** When a person approves the repairs after a loss; before the start if there is no loss. */
    private long approvedMs;

    private Simulation(Plan plan, Trace trace) {
        this.plan = plan;
        this.settings = plan.settings();
        this.windows =
                new Windows(settings.times().intervalMs(), settings.times().graceMs());
        SplittableRandom seeded = new SplittableRandom(plan.seed() ^ 0x5DEECE66DL);
        this.random = seeded.split();
        this.writers = new SplittableRandom(plan.seed() ^ 0xA831C66D2DB43210L);
        this.world = new World(plan, trace, seeded);
    }

    /**
     * The outcome of a schedule.
     *
     * @param struck how often each fault struck
     * @param repairs repairs emitted by kind
     * @param rounds rounds after the end of the faults until everything was repaired
     * @param allowedRounds how many there may be
     * @param exactRoots roots that were compared with the entries
     * @param exactSketches messages with symbols of a whole tree that were compared with the entries
     * @param conflictsReported how often conflicts between writers were reported
     * @param choices how many conflicts between writers a person settled by a choice
     */
    record Outcome(
            Map<Fault, Integer> struck,
            Map<Divergence, Integer> repairs,
            int rounds,
            int allowedRounds,
            long exactRoots,
            long exactSketches,
            int conflictsReported,
            int choices) {}

    /** The highest version of a key, and when it was published. */
    private record Newest(long version, long publishedMs) {}

    /** @throws Violation if an invariant does not hold */
    static Outcome run(Plan plan, Trace trace) {
        return new Simulation(plan, trace).run();
    }

    private Outcome run() {
        scheduleLoad();
        scheduleFaults();
        scheduleChanges();
        world.time.runUntil(world.faultsEndMs);
        if (plan.has(Fault.WRONG_PARTITIONER)) {
            return checkHeldBack();
        }
        rememberWhatIsHeld();
        trafficRuns = plan.trafficGoesOn();
        int rounds = recover();
        checkQuiet();
        checkEnd();
        return outcome(rounds);
    }

    /** Hardly anything is repaired, however long that lasts, and it is reported. */
    private Outcome checkHeldBack() {
        world.time.runUntil(world.time.nowMs()
                + settings.times().patienceMs()
                + 3 * settings.times().intervalMs());
        world.truth.require(
                world.truth.isGuarded() || plan.mayBeCutOff(),
                null,
                "no reconciler reports that repairs are held back");
        return outcome(0);
    }

    private Outcome outcome(int rounds) {
        return new Outcome(
                world.truth.struck(),
                world.truth.repairs(),
                rounds,
                allowedRounds(),
                world.truth.exactRoots(),
                world.truth.exactSketches(),
                plan.hasVectors() ? world.disputes.reports() : 0,
                plan.hasVectors() ? world.disputes.choices() : 0);
    }

    /**
     * K, the number of rounds within which everything must be repaired. It includes: patience with a lagging replica, twice for a
     * key that is written all the time (once for the replica as a whole, once for the entry), and twice where write events are lost
     * or late (what a replica really holds may show only in the answer to a repair, and is then a late write); a turn of each holder, and a second
     * one where a repair is declined because the target does not hold the observed entry; pauses that may have grown as long as
     * the faults lasted; outages that continue after the faults; and the grace between a cut and its round.
     */
    private int allowedRounds() {
        long interval = settings.times().intervalMs();
        int holders = plan.replicas().size() - 1;
        int segments = Math.min(1 << settings.shape().segmentBits(), plan.keys());
        long turnsPerHolder = plan.newestWins() ? 1 : 2;
        boolean eventsAreLost =
                plan.has(Fault.LOST_EVENT) || plan.has(Fault.LATE_EVENT) || plan.has(Fault.UNREADABLE_EVENT);
        int timesOfPatience = plan.has(Fault.DEAF_KEY) || eventsAreLost ? 2 : 1;
        return (int) (timesOfPatience * ceil(settings.times().patienceMs(), interval)
                + turnsPerHolder * holders * ceil(settings.times().repairTimeoutMs(), interval)
                + ceil(
                        segments,
                        settings.limits().maxEntriesPerRound() < plan.keys() || plan.roundMemory() < Long.MAX_VALUE
                                ? 1
                                : settings.limits().maxSegmentsPerRound())
                + plan.faultRounds()
                + ceil(plan.outlastedMs() + plan.authorityDownMs(), interval)
                + ceil(plan.isSilent() ? plan.scanAfterMs() + SCAN_MS : 0, interval)
                + ceil(turnsPerHolder * plan.keys() * holders, settings.limits().repairsPerRound())
                + (plan.has(Fault.CLOCK_JUMP) ? 1 : 0)
                + (plan.has(Fault.CLOCK_STEP) ? 6 + 2 * ceil(settings.times().graceMs(), interval) : 0)
                + (plan.hasVectors()
                                || !plan.newestWins() && !plan.progress()
                                || plan.choices() && plan.mayForgetDeletes()
                        ? settlingRounds()
                        : 0)
                + (plan.has(Fault.CHOICE_LOST) ? settlingRounds() + ceil(Disputes.MAX_DOWN_MS, interval) + 2 : 0)
                + (plan.has(Fault.MASS_LOSS) || plan.has(Fault.SPREAD_LOSS) ? ceil(LOSS_MS + SCAN_MS, interval) + 6 : 0)
                + ceil(settings.times().graceMs() + plan.longestLagMs(), interval)
                + 2);
    }

    /**
     * Rounds in which a conflict is found, reported and settled, by another side where a link is broken, and in which all owners
     * are repaired to the settled entry.
     */
    private long settlingRounds() {
        long interval = settings.times().intervalMs();
        int holders = plan.replicas().size() - 1;
        return 3
                + ceil((long) SETTLE_MS * (plan.has(Fault.BROKEN_LINK) ? Disputes.CHOICES_OF_A_SIDE : 1), interval)
                + (plan.has(Fault.DEAF_KEY) ? ceil(settings.times().patienceMs(), interval) : 0)
                + holders * ceil(settings.times().repairTimeoutMs(), interval);
    }

    private static long ceil(long amount, long unit) {
        return (amount + unit - 1) / unit;
    }

    /**
     * Lets rounds pass until nothing is left to repair: first under load, if the load continues, until every owner has what was
     * held when the faults ended; then without load until all are equal. Returns the number of rounds of the longer phase.
     */
    private int recover() {
        int underLoad = trafficRuns && plan.newestWins() ? roundsUntilEmpty(this::behind) : 0;
        trafficRuns = false;
        drain();
        return Math.max(underLoad, roundsUntilEmpty(this::leftToDo));
    }

    /** The keys that are not repaired yet, and those that only a person can decide but that are not reported. */
    private Map<String, String> leftToDo() {
        Map<String, String> left = world.truth.unrepaired(cut());
        left.keySet()
                .removeIf(key -> !plan.progress() && !plan.choices() && isListed(key, Conflict.Reason.NOT_SEEN)
                        || !plan.choices() && isLeftToPerson(key)
                        || isLeftUnread(key));
        world.truth.undecided(cut()).forEach((key, partition) -> {
            if (plan.has(Fault.CHOICE_LOST)) {
                left.put(key, "no choice was carried out: " + world.truth.describe(world.owners(partition), key));
            } else if (!world.disputes.isReported(partition, key)
                    || !plan.newestWins()
                            && world.truth.isUnread(world.owners(partition), key)
                            && !isListed(key, Conflict.Reason.UNREAD)) {
                left.put(key, "this conflict is not reported: " + world.truth.describe(world.owners(partition), key));
            }
        });
        return left;
    }

    /** Whether a key is listed because its delete may be forgotten: no rule decides that. */
    private boolean isLeftToPerson(String key) {
        return world.disputes.mayBeDeleted(world.partition(key), key);
    }

    /**
     * Whether a key is listed because no owner holds what can be read; or what the others hold does not reach the owner of which nothing
     * could be read: a choice of it then has no effect, and stands in the way of the rules until its end.
     */
    private boolean isLeftUnread(String key) {
        return isListed(key, Conflict.Reason.UNREAD)
                && (plan.has(Fault.BROKEN_LINK)
                        || world.owners(world.partition(key)).stream()
                                .map(node -> node.view(key))
                                .allMatch(view -> view == null || view.isUnread()));
    }

    private boolean isListed(String key, Conflict.Reason reason) {
        return world.disputes.isListed(world.partition(key), key, reason);
    }

    private int roundsUntilEmpty(Supplier<Map<String, String>> unrepaired) {
        for (int round = 0; round < allowedRounds(); round++) {
            if ((trafficRuns || isAllKnown())
                    && unrepaired.get().isEmpty()
                    && world.time.nowMs() >= plan.scannedMs(world.faultsEndMs)) {
                return round;
            }
            world.time.runUntil(world.time.nowMs() + settings.times().intervalMs());
        }
        unrepaired.get().forEach((key, views) -> {
            throw new Violation(key, "not repaired within " + allowedRounds() + " rounds after the faults: " + views);
        });
        withWrongClock().ifPresent(node -> {
            throw new Violation(
                    null, node + " has not accepted the time within " + allowedRounds() + " rounds after the faults");
        });
        return allowedRounds();
    }

    private Optional<Node> withWrongClock() {
        return world.nodes.stream()
                .flatMap(List::stream)
                .filter(node -> node.owns() && node.isClockWrong())
                .findFirst();
    }

    /**
     * Whether nothing can make replicas differ once more, and all owners can be heard. An outage may continue after the faults, and
     * replicas may look equal until the writes that it held back are applied. The same is true until a scan finds what differs, or
     * if most rows are lost only later. An owner whose clock is wrong is silent for the others until it accepts the time.
     */
    private boolean isAllKnown() {
        return world.time.nowMs() >= approvedMs
                && world.nodes.stream()
                        .flatMap(List::stream)
                        .allMatch(node ->
                                node.isReading() && !node.isDropping() && node.store.isUndisturbedFor(longestWayMs()))
                && withWrongClock().isEmpty();
    }

    /** Lets everything arrive that is on its way. */
    private void drain() {
        world.time.runUntil(world.time.nowMs() + plan.longestLagMs() + longestWayMs());
    }

    /** Longest time from a write in a datastore until everything that follows from it has arrived. */
    private long longestWayMs() {
        return settings.times().graceMs() + plan.maxConsumeMs() + 4L * plan.maxDelayMs() + 1_000;
    }

    private long cut() {
        return windows.cutMs(windows.dueAt(world.time.nowMs()) - 1);
    }

    private void rememberWhatIsHeld() {
        for (int partition = 0; partition < plan.partitions(); partition++) {
            for (Node node : world.owners(partition)) {
                for (String key : node.store.keys()) {
                    heldWhenFaultsEnded.merge(key, node.store.get(key), Simulation::newer);
                    if (node.view(key) != null && !node.view(key).isUnread()) {
                        seenWhenFaultsEnded.merge(key, node.view(key), Simulation::newer);
                    }
                }
            }
        }
    }

    private static HeldValue newer(HeldValue a, HeldValue b) {
        return b.newerThan(a) ? b : a;
    }

    /** Keys for which a replica does not hold yet what another held when the faults ended, or something newer. */
    private Map<String, String> behind() {
        Map<String, String> behind = new TreeMap<>();
        seenWhenFaultsEnded.forEach((key, before) -> {
            List<Node> nodes = world.owners(world.partition(key));
            boolean deleted = nodes.stream().anyMatch(node -> isDeletedSince(node, key, before))
                    || nodes.stream().allMatch(node -> isDeletedAs(node, key, before));
            if (nodes.stream().anyMatch(node -> isBehind(node.view(key), before, deleted))
                    && world.truth.isRepairable(nodes, key, cut())) {
                behind.put(key, world.truth.describe(nodes, key));
            }
        });
        behind.keySet().removeIf(this::isLeftToPerson);
        return behind;
    }

    /** A replica that holds nothing is not behind if the key was deleted since: the tombstone may be forgotten already. */
    private boolean isBehind(HeldValue view, HeldValue before, boolean deletedSince) {
        boolean bothDead = (view == null || view.deadAt(cut())) && (deletedSince || before.deadAt(cut()));
        return !bothDead && before.newerThan(view);
    }

    /** Whether the latest write event of a replica for a key is newer than a value, and dead by now. */
    private boolean isDeletedSince(Node node, String key, HeldValue before) {
        HeldValue last = latest(node, key);
        return last != null && last.deadAt(cut()) && last.newerThan(before);
    }

    /** Whether the latest write event of a replica is a delete as of the same version: a person has chosen a delete without one of its own. */
    private boolean isDeletedAs(Node node, String key, HeldValue before) {
        HeldValue last = latest(node, key);
        return last != null && last.deadAt(cut()) && !before.newerThan(last);
    }

    /** What the latest write event of a replica says of a key, be it of a scan; null if there is none. */
    private static HeldValue latest(Node node, String key) {
        List<HeldValue> values = node.store.log.valuesSince(key, Long.MAX_VALUE);
        return values.get(values.size() - 1);
    }

    /** Checks that equal replicas exchange only roots and repair nothing once everything is repaired and nothing is written. */
    private void checkQuiet() {
        world.time.runUntil(
                windows.dueMs(windows.of(world.time.nowMs())) + settings.times().intervalMs() - 400);
        boolean equal = world.truth.allEqual(cut() + settings.times().intervalMs());
        settlingContinues = false;
        long others = world.truth.otherThanRoots();
        int repairs = repairs();
        world.time.runUntil(world.time.nowMs() + QUIET_ROUNDS * settings.times().intervalMs());
        if (equal && world.truth.allEqual(cut() + settings.times().intervalMs())) {
            world.truth.require(repairs() == repairs, null, "equal replicas were repaired");
            world.truth.require(
                    plan.has(Fault.EXPIRY) || world.truth.otherThanRoots() == others,
                    null,
                    "equal replicas exchanged more than roots");
            world.disputes.requireSettled();
        }
    }

    private int repairs() {
        int all = world.truth.repairs().values().stream()
                .mapToInt(Integer::intValue)
                .sum();
        return all - world.truth.tombstonesSent();
    }

    /** Checks the end of the schedule, after the effects of the last probe have arrived, too. */
    private void checkEnd() {
        int repairs;
        do {
            repairs = repairs();
            drain();
        } while (repairs() != repairs);
        Map<String, String> wrongViews = world.truth.wrongViews(cut());
        if (!wrongViews.isEmpty()) {
            Map.Entry<String, String> first = wrongViews.entrySet().iterator().next();
            throw new Violation(first.getKey(), first.getValue());
        }
        for (Map.Entry<String, HeldValue> before : heldWhenFaultsEnded.entrySet()) {
            long newest = world.owners(world.partition(before.getKey())).stream()
                    .map(node -> node.store.get(before.getKey()))
                    .mapToLong(held -> held == null ? -1 : held.version())
                    .max()
                    .orElse(-1);
            world.truth.require(
                    !plan.newestWins()
                            || newest >= before.getValue().version()
                            || onlyCopiesLost.contains(before.getKey()),
                    before.getKey(),
                    "an entry was lost: " + before.getValue());
        }
        if (plan.moves() && plan.loses().isEmpty() && settings.rules().resolution() == Settings.Resolution.LATEST) {
            world.truth.lacking(cut()).forEach((key, what) -> {
                if (!isLeftToPerson(key) && !world.disputes.isDeletedByChoice(key)) {
                    throw new Violation(key, "an owner was not filled: " + what);
                }
            });
        }
        boolean plain = !plan.has(Fault.Kind.DATASTORE)
                && !plan.has(Fault.Kind.LAG)
                && !plan.has(Fault.LATE_POSITION)
                && !plan.has(Fault.BACKFILL)
                && !plan.has(Fault.CRASH)
                && !plan.has(Fault.CLOCK_JUMP)
                && !plan.has(Fault.CLOCK_STEP)
                && !plan.has(Fault.RECONCILER_DISK_LOST)
                && !plan.has(Fault.STATE_LOST)
                && !plan.has(Fault.TRIMMED)
                && !plan.primaryHasWriters() // its writes and those of the feed reach the replicas in different orders
                && !world.disputes.haveArisen()
                && world.truth.clamped() == 0;
        if (plain) {
            world.truth.require(
                    world.truth.otherThanRoots() == 0, null, "replicas that never differed exchanged more than roots");
        }
    }

    private void scheduleLoad() {
        for (int partition = 0; partition < plan.partitions(); partition++) {
            int mine = partition;
            for (int k = partition; k < plan.keys(); k += plan.partitions()) {
                String key = "k" + k;
                world.time.after(random.nextInt(500), () -> publish(mine, key, false));
            }
            world.time.after(1_000, () -> write(mine));
            if (plan.hasVectors() || plan.has(Fault.CHOICE_LOST)) {
                world.time.after(SETTLE_MS, () -> settleConflicts(mine));
            }
            if (plan.choices() && !plan.has(Fault.CHOICE_LOST)) {
                world.time.at(world.faultsEndMs + SETTLE_MS, () -> replaceProof(mine));
            }
            if (plan.progress()) {
                for (Node node : world.nodes.get(partition)) {
                    world.time.after(random.nextInt(1_000), () -> progress(node));
                }
            }
        }
    }

    private void progress(Node node) {
        node.store.progress();
        world.time.after(1_000, () -> progress(node));
    }

    private void write(int partition) {
        int count = (plan.keys() - partition + plan.partitions() - 1) / plan.partitions();
        if (trafficRuns && count > 0) {
            publish(partition, "k" + (partition + chosen(count) * plan.partitions()), random.nextInt(5) == 0);
        }
        world.time.after(1 + random.nextInt(2 * plan.writeGapMs()), () -> write(partition));
    }

    /** A person looks at the reported conflicts and settles them. */
    private void settleConflicts(int partition) {
        if (settlingContinues) {
            Map<String, Conflict> unsettled =
                    world.disputes.deafness().isUnderWay(partition) ? Map.of() : world.disputes.unsettled(partition);
            unsettled.forEach((key, conflict) -> {
                if (plan.has(Fault.CHOICE_LOST)) {
                    world.disputes.chooseOnce(partition, key, conflict);
                } else if (plan.choices()) {
                    world.disputes.choose(partition, key, conflict);
                } else {
                    publish(partition, key, random.nextInt(5) == 0);
                }
            });
            world.time.after(SETTLE_MS, () -> settleConflicts(partition));
        }
    }

    /**
     * A person looks at the keys that are listed without a proof, or because their delete may be forgotten, and chooses, once nothing is
     * written any more.
     */
    private void replaceProof(int partition) {
        if (settlingContinues) {
            if (!trafficRuns) {
                world.disputes.unsettled(partition).forEach((key, conflict) -> {
                    boolean withoutProof = conflict.reason() == Conflict.Reason.NOT_SEEN
                            || conflict.reason() == Conflict.Reason.UNREAD && !plan.newestWins();
                    if (withoutProof || world.disputes.mayBeDeleted(partition, key)) {
                        world.disputes.choose(partition, key, conflict);
                    }
                });
            }
            world.time.after(SETTLE_MS, () -> replaceProof(partition));
        }
    }

    private int chosen(int count) {
        if (plan.has(Fault.HOT_KEY) && random.nextInt(3) > 0) {
            world.truth.struck(Fault.HOT_KEY);
            return 0;
        }
        return random.nextInt(count);
    }

    private void publish(int partition, String key, boolean delete) {
        long now = world.time.nowMs();
        boolean mustLast = !world.faultsGoOn() && world.isDeafSomewhere(partition, key);
        version += 10;
        long ofThis = version;
        long position = now + random.nextInt(plan.maxSkewMs() + 1);
        if (plan.has(Fault.WRONG_PARTITIONER) && now <= Timeline.START_MS + 500) {
            position -= LOADED_BEFORE_MS; // all entries are judgeable at the first cut
        } else if (plan.has(Fault.LATE_POSITION) && random.nextInt(8) == 0) {
            world.truth.struck(Fault.LATE_POSITION);
            position = now - random.nextInt(4 * (int) settings.times().intervalMs());
            if (random.nextInt(3) == 0) {
                ofThis = olderVersion(key, ofThis, random.nextInt(9));
            }
        } else if (plan.has(Fault.BACKFILL) && random.nextInt(3) == 0) {
            world.truth.struck(Fault.BACKFILL);
            position = now - random.nextInt(8 * (int) settings.times().intervalMs());
        } else if (plan.has(Fault.AHEAD_POSITION) && random.nextInt(10) == 0) {
            world.truth.struck(Fault.AHEAD_POSITION);
            position = now + ahead();
        }
        long expiry = Entry.NEVER;
        if (!delete && !mustLast && plan.has(Fault.EXPIRY) && random.nextInt(3) == 0) {
            world.truth.struck(Fault.EXPIRY);
            expiry = now + 1 + random.nextInt(4 * (int) settings.times().intervalMs());
        }
        String value = delete && !mustLast ? null : "v" + ofThis;
        if (plan.hasVectors()) {
            publish(partition, key, new HeldValue(ofThis, position, value, expiry));
            return;
        }
        HeldValue held = new HeldValue(ofThis, position, value, expiry);
        newest.merge(key, new Newest(ofThis, now), (before, it) -> it.version() > before.version() ? it : before);
        Feed.Publication write = world.feeds.get(partition).publish(key, held, now);
        Store primary = plan.primaryHasWriters()
                ? world.node(partition, settings.rules().primary()).store
                : null;
        boolean own = primary != null && primary.isUp() && writers.nextInt(3) == 0;
        world.trace.add(now, key, () -> (own ? "a writer of the primary" : "the feed") + " publishes " + held);
        if (own) {
            primary.written(write);
        }
        world.nodes.get(partition).forEach(node -> node.store.published(write));
    }

    /**
     * A version below the newest of a key. What is older than a delete must be published before a tombstone retention has passed:
     * later, datastores and reconcilers may have forgotten the delete.
     */
    private long olderVersion(String key, long next, int further) {
        Newest latest = newest.get(key);
        return latest == null
                ? Math.max(1, next - 1 - further)
                : world.time.nowMs() - latest.publishedMs() < settings.times().tombstoneRetentionMs()
                        ? Math.max(1, latest.version() - 1 - further)
                        : next;
    }

    /** Publishes a write whose writer has seen all other writes, or only what one replica holds: it then writes there. */
    private void publish(int partition, String key, HeldValue content) {
        List<Node> nodes = world.nodes.get(partition);
        Store store = nodes.get(random.nextInt(nodes.size())).store;
        boolean own =
                world.time.nowMs() > Timeline.START_MS + 1_000 && trafficRuns && random.nextBoolean() && store.isUp();
        HeldValue before = store.get(key);
        VersionVector seen =
                own ? before == null ? VersionVector.of(Map.of()) : before.vector() : world.disputes.allWritten(key);
        HeldValue held = content.under(world.disputes.next(key, own ? store.replica : "feed", seen));
        Feed.Publication write = world.feeds.get(partition).publish(key, held, world.time.nowMs());
        world.trace.add(
                world.time.nowMs(),
                key,
                () -> (own ? "a writer of " + store.replica : "the feed") + " publishes " + held);
        if (own) {
            store.written(write);
        }
        nodes.forEach(node -> node.store.published(write));
    }

    /** How far ahead a position is: further than any lag where replicas are behind, since less would look like an earlier write. */
    private long ahead() {
        boolean behind = plan.has(Fault.Kind.LAG)
                || plan.has(Fault.LONG_OUTAGE)
                || plan.has(Fault.OUTLASTED)
                || plan.has(Fault.PRIMARY_DOWN)
                || plan.has(Fault.IDLE_PRIMARY)
                || plan.has(Fault.DEAD_VOTER);
        long far = 60_000L + random.nextInt(3_600_000);
        return behind ? 2 * settings.times().patienceMs() + far : random.nextBoolean() ? far : random.nextInt(20_000);
    }

    /** A replica loses most rows of some partitions. Where its absence wins, all others would lose them, too. */
    private void loseMost(List<Node> losers, Fault fault) {
        List<Node> targets = losers.stream()
                .flatMap(node -> node.replica.equals(settings.rules().primary())
                        ? world.nodes.get(node.partition).stream().filter(other -> other != node)
                        : Stream.of(node))
                .toList();
        world.time.after(LOSS_MS, () -> {
            world.truth.suspect(targets);
            List<Place> before = losers.stream().flatMap(this::onlyCopies).toList();
            losers.forEach(node -> node.store.loseMost(fault));
            before.stream()
                    .filter(place -> place.node().store.get(place.key()) == null)
                    .forEach(place -> onlyCopiesLost.add(place.key()));
        });
        long approvedAfterMs =
                LOSS_MS + 15_000 + (3 + random.nextInt(3)) * settings.times().intervalMs();
        approvedMs = world.time.nowMs() + approvedAfterMs;
        world.time.after(approvedAfterMs, () -> {
            world.truth.approved();
            for (Node node : targets) {
                world.trace.add(world.time.nowMs(), node.ofPartition(), () -> "a person approves repairs of " + node);
                Message.Approval approval = new Message.Approval(node.replica, Message.Scope.FLOOD, Long.MAX_VALUE);
                world.nodes.get(node.partition).forEach(each -> each.command(approval));
            }
        });
    }

    private record Place(Node node, String key) {}

    /** The keys of which a replica holds what no other one holds: entries of concurrent writers. */
    private Stream<Place> onlyCopies(Node node) {
        return node.store.keys().stream()
                .filter(key -> world.nodes.get(node.partition).stream()
                        .filter(other -> other != node)
                        .map(other -> other.store.get(key))
                        .noneMatch(held -> held != null && held.sameVersion(node.store.get(key))))
                .map(key -> new Place(node, key));
    }

    private void scheduleChanges() {
        SplittableRandom delays = new SplittableRandom(plan.seed() ^ 0x3884F50D388DC242L);
        plan.membership()
                .changes()
                .forEach(change -> world.time.after(change.afterMs(), () -> world.place(change.placement(), delays)));
    }

    private void scheduleFaults() {
        if (plan.has(Fault.NO_PROGRESS)) {
            world.truth.struck(Fault.NO_PROGRESS);
        }
        if (plan.has(Fault.MASS_LOSS)) {
            loseMost(
                    List.of(world.nodes
                            .get(0)
                            .get(random.nextInt(plan.replicas().size()))),
                    Fault.MASS_LOSS);
        }
        if (plan.has(Fault.SPREAD_LOSS)) {
            int loser = random.nextInt(plan.replicas().size());
            loseMost(world.nodes.stream().map(row -> row.get(loser)).toList(), Fault.SPREAD_LOSS);
        }
        long length = world.faultsEndMs - world.time.nowMs();
        for (List<Node> nodes : world.nodes) {
            if (plan.has(Fault.CHOICE_LOST)) {
                scheduleDispute(nodes, new SplittableRandom(plan.seed() ^ 0x5BE0CD19137E2179L));
            }
            if (plan.has(Fault.CLOCK_STEP)) {
                scheduleStep(
                        nodes,
                        length,
                        new SplittableRandom(plan.seed() ^ 0x7137449123EF65CDL ^ nodes.get(0).partition));
            }
            if (plan.has(Fault.PROBE)) {
                world.time.after(random.nextInt(10_000), () -> probe(nodes.get(0).partition));
            }
            for (Node node : nodes) {
                everySoOften(Fault.STALE, length, () -> disturb(Fault.STALE, node));
                everySoOften(Fault.CORRUPT, length, () -> disturb(Fault.CORRUPT, node));
                everySoOften(Fault.DROPPED, length, () -> disturb(Fault.DROPPED, node));
                everySoOften(Fault.RESTART, length, () -> node.restart(50 + random.nextInt(15_000)));
                everySoOften(Fault.CRASH, length, () -> node.crash(50 + random.nextInt(15_000)));
                everySoOften(Fault.BACKLOG, length, () -> node.stall(world.time.nowMs() + random.nextInt(25_000)));
                everySoOften(Fault.RECONCILER_DISK_LOST, length, node::beginAnew);
                everySoOften(Fault.SILENT_CORRUPT, length, () -> disturbSilently(Fault.SILENT_CORRUPT, node));
                everySoOften(Fault.SILENT_LOSS, length, () -> disturbSilently(Fault.SILENT_LOSS, node));
                everySoOften(Fault.SCAN, length, () -> node.store.scan("s" + world.time.nowMs()));
                if (plan.isSilent()) {
                    world.time.at(world.faultsEndMs + plan.scanAfterMs(), () -> node.store.scan("last"));
                }
                everySoOften(Fault.CLOCK_JUMP, length, () -> jump(node));
                if (plan.has(Fault.CRASH)) {
                    world.time.after(random.nextInt(10_000), () -> flush(node));
                }
            }
            Node unlucky = nodes.get((int) (plan.seed() % nodes.size()));
            everySoOften(Fault.STATE_LOST, length, unlucky::loseState);
            everySoOften(Fault.TRIMMED, length, unlucky::trimmed);
            everySoOften(Fault.LOG_WENT_BACK, length, () -> unlucky.store.logWentBack(unlucky));
            Node chosen = nodes.get(random.nextInt(nodes.size()));
            if (plan.has(Fault.DEAF_KEY)) {
                chosen.store.beDeafTo("k" + chosen.partition);
            }
            Node other = nodes.get(random.nextInt(nodes.size()));
            if (plan.has(Fault.SHORT_OUTAGE)) {
                int longest = (int) Math.max(
                        1, settings.times().patienceMs() - settings.times().intervalMs() - plan.maxLagMs());
                outage(Fault.SHORT_OUTAGE, chosen, 1 + random.nextInt(longest), length);
            } else if (plan.has(Fault.LONG_OUTAGE)) {
                outage(Fault.LONG_OUTAGE, other, (int) settings.times().patienceMs() + random.nextInt(20_000), length);
            } else if (plan.has(Fault.OUTLASTED)) {
                int patience = (int) settings.times().patienceMs();
                outage(Fault.OUTLASTED, other, patience + random.nextInt(plan.outlastedMs() - patience), length);
            }
            authorityDown(nodes, length);
            if (plan.has(Fault.DISK_LOST)) {
                world.time.after(2_000 + random.nextInt((int) length - 2_000), () -> loseDisk(chosen));
            }
        }
    }

    /** The datastores by whose authority an entry wins apply nothing for longer than patience. */
    private void authorityDown(List<Node> nodes, long length) {
        if (plan.authorityDownMs() == 0) {
            return;
        }
        SplittableRandom outages = new SplittableRandom(plan.seed() ^ nodes.get(0).partition);
        int ms = plan.authorityDownMs() - outages.nextInt(40_000);
        if (settings.rules().resolution() == Settings.Resolution.PRIMARY) {
            Node primary = nodes.get(plan.replicas().indexOf(settings.rules().primary()));
            outage(plan.has(Fault.IDLE_PRIMARY) ? Fault.IDLE_PRIMARY : Fault.PRIMARY_DOWN, primary, ms, length);
        } else {
            nodes.subList(0, nodes.size() / 2 + 1).forEach(node -> outage(Fault.DEAD_VOTER, node, ms, length));
        }
    }

    /** Shortly before the faults end, all replicas but one change a key, each in its own way: no entry has the majority. */
    private void scheduleDispute(List<Node> nodes, SplittableRandom random) {
        world.time.at(
                world.faultsEndMs
                        - 1
                        - random.nextInt(2 * (int) settings.times().intervalMs()),
                () -> {
                    List<String> keys = nodes.get(0).store.keys();
                    if (!keys.isEmpty()) {
                        String key = keys.get(random.nextInt(keys.size()));
                        nodes.stream().skip(1).forEach(node -> node.store.disturb(Fault.CORRUPT, key));
                    }
                });
    }

    private void loseDisk(Node node) {
        world.trace.add(world.time.nowMs(), node.ofPartition(), () -> node + " and its datastore lose everything");
        node.store.loseEverything(Fault.DISK_LOST);
        node.beginAnew();
    }

    private void jump(Node node) {
        int byMs = 1 + random.nextInt(8_000);
        boolean ahead = random.nextBoolean();
        node.jump(
                ahead ? byMs : -byMs, Math.min(world.time.nowMs() + 5_000 + random.nextInt(25_000), world.faultsEndMs));
    }

    /** Where peers have no majority over a wrong clock, a person corrects it when the faults end. */
    private void scheduleStep(List<Node> nodes, long length, SplittableRandom steps) {
        Node node = nodes.get(steps.nextInt(nodes.size()));
        long byMs = (steps.nextBoolean() ? 3_600_000L : 86_400_000L) * (steps.nextBoolean() ? 1 : -1);
        long fromMs = world.time.nowMs() + 1_000 + steps.nextInt((int) length - 1_000);
        int lastsMs = 2_000 + steps.nextInt(28_000);
        boolean forGood = steps.nextBoolean() && nodes.size() > 2;
        world.time.at(fromMs, () -> {
            world.truth.struck(Fault.CLOCK_STEP);
            node.step(byMs);
        });
        if (!forGood) {
            boolean untilEnd = steps.nextBoolean();
            world.time.at(
                    untilEnd ? world.faultsEndMs : Math.min(fromMs + lastsMs, world.faultsEndMs), () -> node.step(0));
        }
        if (steps.nextInt(3) > 0) {
            world.time.at(
                    Math.min(fromMs + steps.nextInt(lastsMs), world.faultsEndMs - 1),
                    () -> node.restart(50 + steps.nextInt(5_000)));
        }
    }

    private void outage(Fault fault, Node node, int ms, long length) {
        world.time.after(1_000 + random.nextInt((int) length), () -> {
            world.truth.struck(fault);
            world.trace.add(
                    world.time.nowMs(), node.ofPartition(), () -> node.replica + " is out for " + ms + " ms: " + fault);
            if (fault == Fault.IDLE_PRIMARY) {
                node.store.idle(world.time.nowMs() + ms);
            } else {
                node.store.outage(world.time.nowMs() + ms, fault == Fault.OUTLASTED);
            }
        });
    }

    private void flush(Node node) {
        node.flush();
        world.time.after(5_000, () -> flush(node));
    }

    private void disturbSilently(Fault fault, Node node) {
        List<String> keys = node.store.keys();
        if (!keys.isEmpty()) {
            node.store.disturbSilently(fault, keys.get(random.nextInt(keys.size())));
        }
    }

    private void probe(int partition) {
        List<Node> nodes = world.nodes.get(partition);
        int key = random.nextInt(plan.keys());
        world.truth.struck(Fault.PROBE);
        nodes.get(random.nextInt(nodes.size())).probe("k" + (key - key % plan.partitions() + partition));
        world.time.after(1 + random.nextInt(10_000), () -> probe(partition));
    }

    private void disturb(Fault fault, Node node) {
        List<String> keys = node.store.keys();
        if (!keys.isEmpty()) {
            node.store.disturb(fault, keys.get(random.nextInt(keys.size())));
        }
    }

    private void everySoOften(Fault fault, long length, Runnable action) {
        if (plan.has(fault)) {
            int times = 1 + random.nextInt(3);
            for (int i = 0; i < times; i++) {
                world.time.after(1_000 + random.nextInt((int) length - 1_000), () -> {
                    if (fault.kind != Fault.Kind.DATASTORE) {
                        world.truth.struck(fault);
                    }
                    action.run();
                });
            }
        }
    }
}
