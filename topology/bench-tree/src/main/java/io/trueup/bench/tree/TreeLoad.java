package io.trueup.bench.tree;

/**
 * What the trees hold, and how it is measured.
 *
 * @param keys keys of each tree
 * @param leaves leaves of each tree, a power of two
 * @param differences keys whose values differ between the two trees that are compared
 * @param updates changes after which a tree is made comparable again
 * @param forks JVMs for each measurement, one after the other; 0: everything runs in this JVM
 * @param warmUps runs of each JVM that do not count
 * @param runs runs of each JVM that count
 * @param runMs length of a run in milliseconds
 */
record TreeLoad(int keys, int leaves, int differences, int updates, int forks, int warmUps, int runs, long runMs) {}
