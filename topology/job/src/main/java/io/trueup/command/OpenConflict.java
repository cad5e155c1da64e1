package io.trueup.command;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import java.util.TreeSet;
import java.util.stream.Collectors;

/**
 * A key in conflict, as read from the conflicts topic: what all replicas report about it, together.
 *
 * @param key the key of the dataset
 * @param partition the partition of the dataset that it lies in
 * @param sinceMs cut of the first comparison that is still known to have seen it
 * @param reason why a person must decide, as {@code ConflictEvent} names it
 * @param sides the conflicting entries; each replica is listed with what it held when it was last compared
 */
public record OpenConflict(byte[] key, int partition, long sinceMs, String reason, List<Side> sides) {

    /**
     * One of the entries.
     *
     * @param replicas the replicas that hold it
     * @param entry the entry
     */
    public record Side(List<String> replicas, EntryView entry) {}

    private static final int REVISION_DIGITS = 16;

    /**
     * Names what the sides are: it changes once a replica holds another entry. A choice that a person has made from a list names the
     * revision that was listed.
     */
    public String revision() {
        String text = sides.stream()
                .map(side -> new TreeSet<>(side.replicas()) + " " + side.entry().shownVersion() + " "
                        + side.entry().deleted() + " " + side.entry().digest())
                .sorted()
                .collect(Collectors.joining("\n"));
        try {
            byte[] hash = MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8));
            return HexFormat.of().formatHex(hash).substring(0, REVISION_DIGITS);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has SHA-256", e);
        }
    }
}
