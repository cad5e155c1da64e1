/** What an audit has found: the verdict, the contents of each partition, and each key that differs. */
package io.trueup.audit.result;
