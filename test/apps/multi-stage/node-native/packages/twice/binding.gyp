{ 'targets': [{ 'target_name': 'twice', 'sources': ['twice.c'] }] }
