package io.trueup.cli.history;

import io.trueup.cli.shell.Formats;
import io.trueup.cli.shell.JsonLines;
import io.trueup.history.Round;
import io.trueup.schema.Outcome;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;

/** Sums over rounds. Not thread-safe. */
final class HistoryTotals {

    private final Map<Outcome, Long> outcomes = new EnumMap<>(Outcome.class);
    private final Map<String, Long> repairs = new TreeMap<>();
    private final Map<String, Long> verified = new TreeMap<>();
    private final Map<String, Long> declined = new TreeMap<>();
    private long rounds;
    private long messages;
    private long bytes;
    private long longestMs = -1;
    private boolean exact = true;

    void add(Round round) {
        rounds++;
        outcomes.merge(round.outcome(), 1L, Long::sum);
        round.repairs().forEach((target, count) -> repairs.merge(target, count, Long::sum));
        round.verified().forEach((target, count) -> verified.merge(target, count, Long::sum));
        round.declined().forEach((target, count) -> declined.merge(target, count, Long::sum));
        messages += round.controlMessages();
        bytes += round.controlBytes();
        for (Round.Took took : round.took().values()) {
            longestMs = Math.max(longestMs, took.mostMs());
            exact &= took.exact();
        }
    }

    /**
     * The sums for people.
     *
     * @param unanswered repairs without a known answer, by target
     */
    String text(Map<String, Long> unanswered) {
        if (rounds == 0) {
            return "No rounds.\n";
        }
        return "Rounds and partitions: " + Formats.number(rounds) + " ("
                + outcomes.entrySet().stream()
                        .map(outcome -> Formats.number(outcome.getValue()) + " "
                                + outcome.getKey().name().toLowerCase(Locale.ROOT))
                        .collect(Collectors.joining(", "))
                + "). Control messages: " + Formats.number(messages) + ", " + Formats.bytes(bytes) + ".\n"
                + "Repairs: " + counts(repairs) + "; verified: " + counts(verified)
                + (longestMs < 0
                        ? ""
                        : (exact ? ", after at most " : ", each within ") + HistoryText.seconds(longestMs))
                + (declined.isEmpty() ? "" : "; declined: " + counts(declined))
                + (unanswered.isEmpty() ? "" : "; not answered: " + counts(unanswered)) + ".\n";
    }

    /**
     * The sums for programs.
     *
     * @param unanswered repairs without a known answer, by target
     * @param deletedBefore partitions whose beginning is deleted, with their first remaining offset
     * @param partial whether some records of the topics are not counted, because they could not be read
     */
    Map<String, Object> json(Map<String, Long> unanswered, Map<String, Long> deletedBefore, boolean partial) {
        Map<String, Object> json = new LinkedHashMap<>();
        json.put("type", "totals");
        json.put("rounds", rounds);
        json.put("outcomes", JsonLines.sorted(outcomes));
        json.put("controlMessages", messages);
        json.put("controlBytes", bytes);
        json.put("repairs", repairs);
        json.put("verified", verified);
        json.put("declined", declined);
        json.put("unanswered", unanswered);
        json.put("longestMs", longestMs < 0 ? null : longestMs);
        json.put("deletedBefore", deletedBefore);
        json.put("partial", partial);
        return json;
    }

    private static String counts(Map<String, Long> counts) {
        return counts.isEmpty() ? "none" : HistoryText.counts(counts);
    }
}
