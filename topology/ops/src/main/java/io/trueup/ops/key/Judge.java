package io.trueup.ops.key;

import io.trueup.command.OpenConflict;
import io.trueup.ops.key.KeyVerdict.State;
import io.trueup.reconcile.rule.EntrySummary;
import io.trueup.reconcile.settings.Settings;
import io.trueup.reconcile.settings.Settings.Rules;
import io.trueup.repair.EmittedRepair;
import io.trueup.tree.Hash128;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.stream.Collectors;

/**
 * Concludes from what was read whether the replicas agree, and which entry wins. It decides nothing itself: which entry wins is said by a
 * repair, by what a round has found, or by a conflict. Not thread-safe.
 */
final class Judge {

    private final Rules rules;
    private final int attempts;
    private final List<Holding> holdings;
    private final List<KeyEvent> events;
    private final List<KeyFinding> findings;
    private final Optional<OpenConflict> conflict;
    private final long nowMs;

    /**
     * @param events in order of time
     * @param findings in order of time
     * @param conflict the open conflict of the key, if there is one
     */
    Judge(
            Settings settings,
            List<Holding> holdings,
            List<KeyEvent> events,
            List<KeyFinding> findings,
            Optional<OpenConflict> conflict,
            long nowMs) {
        rules = settings.rules();
        attempts = settings.limits().repairAttempts();
        this.holdings = holdings;
        this.events = events;
        this.findings = findings;
        this.conflict = conflict;
        this.nowMs = nowMs;
    }

    /** What of an entry is compared. A delete equals nothing. */
    private record Compared(long version, String vector, long expiryMs, Hash128 digest) {
        static final Compared NOTHING = new Compared(0, null, 0, Hash128.ZERO);
    }

    private Compared compared(Holding holding) {
        if (holding.isDead(nowMs)) {
            return Compared.NOTHING;
        }
        EntrySummary entry = holding.entry().get();
        return rules.compareValues()
                ? new Compared(0, null, 0, entry.digest())
                : new Compared(
                        entry.version(), Objects.toString(entry.vector(), null), entry.expiryMs(), entry.digest());
    }

    KeyVerdict verdict() {
        List<Holding> known = holdings.stream().filter(Holding::isKnown).toList();
        boolean agree = known.stream().map(this::compared).distinct().count() <= 1;
        List<String> unknown = holdings.stream()
                .filter(holding -> !holding.isKnown())
                .map(Holding::replica)
                .toList();
        if (conflict.isPresent() && !(agree && unknown.isEmpty())) {
            return conflicting();
        }
        if (!agree) {
            return differing(known);
        }
        return unknown.isEmpty() ? equal() : unknown(unknown);
    }

    private KeyVerdict conflicting() {
        return new KeyVerdict(
                State.CONFLICT,
                "No entry wins: a person must choose. " + held(holdings),
                Optional.empty(),
                List.of(),
                Optional.of(capitalized(KeyWords.conflict(conflict.get().reason())) + "."),
                OptionalLong.of(conflict.get().sinceMs()),
                Optional.empty());
    }

    private KeyVerdict differing(List<Holding> known) {
        Optional<KeyEvent.Repaired> repair = latestRepair();
        if (repair.isPresent() && isUnanswered(repair.get())) {
            EmittedRepair sent = repair.get().repair();
            boolean isFailing = sent.attempt() >= attempts;
            return winning(
                    isFailing ? State.FAILING : State.REPAIRING,
                    "The replicas differ. " + held(known) + " A repair was sent to " + sent.target()
                            + ", and is not answered yet"
                            + (isFailing
                                    ? ": it is attempt " + sent.attempt() + ", and repair.attempts is " + attempts
                                            + ". Does the datastore apply and answer repairs?"
                                    : "."),
                    sent);
        }
        Optional<KeyFinding> finding = findings.isEmpty()
                ? Optional.empty()
                : Optional.of(findings.get(findings.size() - 1))
                        .filter(latest -> repair.isEmpty()
                                || latest.report().getCut()
                                        > repair.get().place().timeMs());
        if (finding.isPresent()) {
            return found(finding.get(), known);
        }
        String sentence = "The replicas differ. " + held(known);
        return repair.filter(sent -> isHeld(sent.repair().winning()))
                .map(sent -> winning(State.DIFFERENT, sentence, sent.repair()))
                .orElseGet(() -> new KeyVerdict(
                        State.DIFFERENT,
                        sentence + " No record that was read says which entry wins; a round or a probe decides.",
                        Optional.empty(),
                        List.of(),
                        Optional.empty(),
                        OptionalLong.empty(),
                        Optional.empty()));
    }

    private KeyVerdict found(KeyFinding finding, List<Holding> known) {
        Optional<Holding> winner = holdings.stream()
                .filter(holding -> holding.replica().equals(finding.key().getSupplier()) && holding.isKnown())
                .findFirst();
        Optional<KeyEvent.Wrote> first = winner.flatMap(Holding::entry).flatMap(this::firstWrite);
        return new KeyVerdict(
                State.DIFFERENT,
                "The replicas differ. " + held(known) + " At the latest round that names the key, "
                        + KeyWords.action(finding.key()) + ".",
                winner.map(Holding::text),
                winner.map(holding -> holders(holding.entry())).orElse(List.of()),
                Optional.of(KeyWords.because(finding.key(), rules)),
                first.map(wrote -> OptionalLong.of(wrote.place().timeMs())).orElse(OptionalLong.empty()),
                first.map(KeyEvent.Wrote::place));
    }

    private KeyVerdict equal() {
        Holding any = holdings.get(0);
        String all = holdings.size() == 1 ? "The one owner" : "All " + holdings.size() + " replicas";
        String sentence = any.isDead(nowMs)
                ? "No replica holds the key."
                : rules.compareValues()
                        ? all + (holdings.size() == 1 ? " holds a value." : " hold the same value.")
                        : all + (holdings.size() == 1 ? " holds " : " hold ") + any.text() + ".";
        return latestRepair()
                .map(KeyEvent.Repaired::repair)
                .filter(repair -> isHeld(repair.winning()))
                .map(repair -> winning(State.EQUAL, sentence, repair))
                .orElseGet(() -> agreed(State.EQUAL, sentence));
    }

    private KeyVerdict unknown(List<String> replicas) {
        List<Holding> known = holdings.stream().filter(Holding::isKnown).toList();
        return agreed(
                State.UNKNOWN,
                "What " + String.join(", ", replicas) + (replicas.size() == 1 ? " holds" : " hold")
                        + " is not known: no record that was read says it. " + held(known));
    }

    /** No record says that an entry has won over another one. */
    private KeyVerdict agreed(State state, String sentence) {
        Optional<KeyEvent.Wrote> first = holdings.stream()
                .filter(holding -> holding.isKnown() && holding.entry().isPresent())
                .findFirst()
                .flatMap(Holding::entry)
                .flatMap(this::firstWrite);
        return new KeyVerdict(
                state,
                sentence.strip(),
                Optional.empty(),
                List.of(),
                Optional.empty(),
                first.map(wrote -> OptionalLong.of(wrote.place().timeMs())).orElse(OptionalLong.empty()),
                first.map(KeyEvent.Wrote::place));
    }

    private KeyVerdict winning(State state, String sentence, EmittedRepair repair) {
        Optional<Place> first = events.stream()
                .filter(KeyEvent.Wrote.class::isInstance)
                .map(KeyEvent.Wrote.class::cast)
                .filter(wrote -> wrote.repairId() == null && isSame(wrote.entry(), repair.winning()))
                .map(KeyEvent.Wrote::place)
                .min(Comparator.comparingLong(Place::timeMs));
        return new KeyVerdict(
                state,
                sentence,
                Optional.of(KeyWords.held(repair.winning())),
                holdings.stream()
                        .filter(holding -> holding.entry()
                                .filter(entry -> isSame(entry, repair.winning()))
                                .isPresent())
                        .map(Holding::replica)
                        .toList(),
                Optional.of(KeyWords.because(repair, rules)),
                OptionalLong.of(first.map(Place::timeMs).orElse(repair.positionMs())),
                first);
    }

    private Optional<KeyEvent.Repaired> latestRepair() {
        return events.stream()
                .filter(KeyEvent.Repaired.class::isInstance)
                .map(KeyEvent.Repaired.class::cast)
                .reduce((before, after) -> after);
    }

    /** Whether the target has sent no write event since the repair, and the repair may still be applied. */
    private boolean isUnanswered(KeyEvent.Repaired repair) {
        return repair.repair().validUntilMs() > nowMs
                && events.stream()
                        .filter(KeyEvent.Wrote.class::isInstance)
                        .map(KeyEvent.Wrote.class::cast)
                        .noneMatch(
                                wrote -> wrote.replica().equals(repair.repair().target())
                                        && (repair.repair().id().equals(wrote.repairId())
                                                || wrote.place().timeMs()
                                                        > repair.place().timeMs()));
    }

    private boolean isHeld(EmittedRepair.Held winning) {
        return holdings.stream().flatMap(holding -> holding.entry().stream()).anyMatch(entry -> isSame(entry, winning));
    }

    private static boolean isSame(EntrySummary entry, EmittedRepair.Held held) {
        return entry.version() == held.version() && entry.deleted() == held.deleted();
    }

    private Optional<KeyEvent.Wrote> firstWrite(EntrySummary entry) {
        return events.stream()
                .filter(KeyEvent.Wrote.class::isInstance)
                .map(KeyEvent.Wrote.class::cast)
                .filter(wrote -> wrote.repairId() == null
                        && wrote.entry().version() == entry.version()
                        && wrote.entry().deleted() == entry.deleted()
                        && wrote.entry().digest().equals(entry.digest()))
                .min(Comparator.comparingLong(wrote -> wrote.place().timeMs()));
    }

    private List<String> holders(Optional<EntrySummary> entry) {
        return holdings.stream()
                .filter(holding -> holding.entry().isPresent() == entry.isPresent()
                        && (entry.isEmpty()
                                || holding.entry().get().version()
                                                == entry.get().version()
                                        && holding.entry()
                                                .get()
                                                .digest()
                                                .equals(entry.get().digest())))
                .map(Holding::replica)
                .toList();
    }

    /** {@code eu, uk hold version 2; us holds version 1.} */
    private String held(List<Holding> some) {
        Map<String, List<String>> replicas = new LinkedHashMap<>();
        some.forEach(holding -> replicas.computeIfAbsent(distinct(holding), text -> new ArrayList<>())
                .add(holding.replica()));
        return replicas.isEmpty()
                ? ""
                : replicas.entrySet().stream()
                        .map(held -> String.join(", ", held.getValue())
                                + (held.getValue().size() == 1 ? " holds " : " hold ")
                                + held.getKey())
                        .collect(Collectors.joining("; ", "", "."));
    }

    /** Of one version there may be several values. */
    private static String distinct(Holding holding) {
        return holding.text()
                + holding.view()
                        .filter(view -> !view.deleted())
                        .map(view -> " (digest " + view.digest() + ")")
                        .orElse("");
    }

    private static String capitalized(String text) {
        return Character.toUpperCase(text.charAt(0)) + text.substring(1);
    }
}
