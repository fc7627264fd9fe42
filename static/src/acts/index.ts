// Imports every act, which registers itself. The order here is the order of the toolbar.
export {};
