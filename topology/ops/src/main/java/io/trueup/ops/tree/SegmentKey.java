package io.trueup.ops.tree;

import io.trueup.command.EntryView;
import java.util.Map;
import java.util.Optional;

/**
 * A key in which replicas differed. Immutable, except the array of the key, which must not be changed.
 *
 * @param keyHash its keyed hash, as the reports of rounds have it
 * @param key the key; empty if no record that was read names it
 * @param entries what each replica that has shown it holds, by name; empty for nothing
 */
public record SegmentKey(String keyHash, Optional<byte[]> key, Map<String, Optional<EntryView>> entries) {}
