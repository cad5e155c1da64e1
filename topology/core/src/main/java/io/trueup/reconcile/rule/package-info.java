/**
 * Which entry wins. {@link io.trueup.reconcile.rule.Resolver} applies the configured rule to a {@link
 * io.trueup.reconcile.rule.KeyAtCut}, one key as the replicas hold it at one cut; the result is a {@link
 * io.trueup.reconcile.rule.Finding} for each replica that differs. Functions of their arguments, but for {@link
 * io.trueup.reconcile.rule.HotKeys}.
 */
package io.trueup.reconcile.rule;
