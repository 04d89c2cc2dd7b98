using System.Collections;
using System.Diagnostics.CodeAnalysis;

namespace Ebpf;

/// <summary>Programs, maps or variables, by position (the order of the object file) and by name.</summary>
/// <remarks>A name that does not exist is a <see cref="BpfException"/> that lists the names that do, and the nearest one.</remarks>
public sealed class NamedList<T> : IReadOnlyList<T> where T : class
{
    private readonly T[] _items;
    private readonly Func<T, string> _nameOf;
    private readonly Func<string, string?> _explain;
    private readonly string _what;
    private readonly Dictionary<string, T> _byName;

    /// <param name="what">What an element is, as error messages say it: "program", "map" …</param>
    /// <param name="items">The elements, in order.</param>
    /// <param name="nameOf">The name of an element.</param>
    /// <param name="explain">Why a name that could be expected is not here; null where there is nothing to say about it.</param>
    internal NamedList(string what, IEnumerable<T> items, Func<T, string> nameOf, Func<string, string?>? explain = null)
    {
        _what = what;
        _items = [.. items];
        _nameOf = nameOf;
        _explain = explain ?? (static _ => null);
        _byName = new Dictionary<string, T>(_items.Length, StringComparer.Ordinal);
        // The first of several with one name is found by it, as in libbpf.
        foreach (T item in _items)
        {
            _byName.TryAdd(nameOf(item), item);
        }
    }

    /// <summary>How many there are.</summary>
    public int Count => _items.Length;

    /// <summary>The names, in order.</summary>
    public IEnumerable<string> Names => _items.Select(_nameOf);

    /// <summary>The element at a position.</summary>
    public T this[int index] => _items[index];

    /// <summary>The element of that name.</summary>
    /// <exception cref="BpfException">There is none (<see cref="Errno.ENOENT"/>).</exception>
    public T this[string name] => TryGet(name, out T? item) ? item : throw Missing(name);

    /// <summary>Whether there is an element of that name.</summary>
    public bool Contains(string name) => _byName.ContainsKey(name);

    /// <summary>The element of that name, if there is one.</summary>
    public bool TryGet(string name, [MaybeNullWhen(false)] out T item) => _byName.TryGetValue(name, out item);

    /// <inheritdoc/>
    public IEnumerator<T> GetEnumerator() => ((IEnumerable<T>)_items).GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    private BpfException Missing(string name) =>
        new(_explain(name) ?? NameHint.Missing(_what, name, [.. Names]), Errno.ENOENT);
}
