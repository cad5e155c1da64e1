package io.trueup.sketch;

/**
 * The keyed hashes of the elements of a sketch. An element is the hash of a key and the digest of what is held for it, 64 bits
 * each. Whoever can choose keys must know neither function: then nobody can choose elements that do not decode.
 */
public interface ElementHash {

    /** The seed from which the symbols follow that contain an element, see {@link Mapping}. */
    long mapping(long key, long digest);

    /** A checksum, independent of {@link #mapping}: by it a sum of several elements is not taken for a single one. */
    int checksum(long key, long digest);
}
